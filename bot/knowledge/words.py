"""Which article a question's words speak for."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.spelling import Readings, every_gram, grams

Scores = NDArray[np.float64]

# Smoothing, in grams: how much is counted that was never seen, in an article and in all others.
_COUNTED, _UNSEEN_HERE, _SIZE_HERE, _UNSEEN_ELSEWHERE, _SIZE_ELSEWHERE = 0.3, 0.03, 30.0, 0.3, 300.0


@dataclass(frozen=True, slots=True)
class Text:
    """A text of an article. `article` is its number, `weight` how much its words count."""

    article: int
    text: str
    weight: float = 1.0


class WordEvidence:
    """For each n-gram, how much likelier it is in one article's texts than in all others (naive Bayes with two
    classes for each article). What is common everywhere speaks for nobody; a rare word speaks clearly."""

    def __init__(self, grams_: Sequence[str], weights: NDArray[np.float32], readings: Readings) -> None:
        """As `learn` made it. `weights` has a row for each gram and a column for each article."""
        self._place = {gram: at for at, gram in enumerate(grams_)}
        self._weights = weights
        self._readings = readings

    @classmethod
    def learn(cls, texts: Sequence[Text], articles: int, readings: Readings) -> WordEvidence:
        """Count the grams of all texts."""
        counts: defaultdict[tuple[int, float], Counter[str]] = defaultdict(Counter)
        for text in texts:
            counts[text.article, text.weight].update(every_gram(text.text, readings))
        place: dict[str, int] = {}
        for counted in counts.values():
            for gram in counted:
                place.setdefault(gram, len(place))
        table = np.zeros((len(place), articles))
        for (article, weight), counted in counts.items():
            rows = np.fromiter(map(place.__getitem__, counted), dtype=np.int64, count=len(counted))
            table[rows, article] += weight * np.fromiter(
                counted.values(), dtype=np.float64, count=len(counted)
            )
        size = table.sum(axis=0)
        elsewhere = table.sum(axis=1, keepdims=True) - table
        here = (table + _UNSEEN_HERE) / (size + _SIZE_HERE)
        others = (elsewhere + _UNSEEN_ELSEWHERE) / (size.sum() - size + _SIZE_ELSEWHERE)
        return cls(list(place), np.log(here / others).astype(np.float32), readings)

    @property
    def grams(self) -> list[str]:
        return list(self._place)

    @property
    def weights(self) -> NDArray[np.float32]:
        return self._weights

    def scores(self, question: str) -> Scores:
        """Evidence for each article; 0 says nothing. Long questions count as much as short ones."""
        asked = grams(question, self._readings)
        known = [self._place[gram] for gram in asked if gram in self._place]
        total: Scores = self._weights[known].sum(axis=0, dtype=np.float64)
        return total / math.sqrt(max(1, len(asked)))
