"""Which article a question means, by embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.borders import learn_borders

Vectors = NDArray[np.float32]
Scores = NDArray[np.float64]
Numbers = NDArray[np.int64]

SHRINKAGE = 1.0  # of the spread within articles towards a ball: few texts cannot say it exactly
LEANING = 0.05  # what a unit of log odds counts beside one of cosine


class Embedder(Protocol):
    """Turns text into vectors of length one, near each other when they mean the same. Both methods block."""

    name: str  # changes with the model

    def query(self, text: str) -> Vectors:
        """Shape (dimensions,)."""
        ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimensions)."""
        ...


class Meaning:
    """Nearness of a question to each article, seen in two ways: how near its nearest texts are, and on which side of
    the borders between articles it lies. The first knows a question that was asked before; the second has learned
    from all texts what tells articles apart, and places a situation that nobody wrote down.

    Texts of one article differ by language, length and tone far more than by what they are about. Directions in
    which they differ *within* articles are therefore made short before anything is compared (the whitening of linear
    discriminant analysis); what is left tells the articles apart.
    """

    def __init__(self, vectors: Vectors, article: Numbers, articles: int) -> None:
        """`vectors` has a row for each text, `article` the number of its article."""
        self._middle = vectors.mean(axis=0)
        centred = vectors - self._middle
        self._turn = _whitening(centred, article, articles)
        order = np.argsort(article, kind="stable")
        self._starts = np.searchsorted(article[order], np.arange(articles + 1))
        self._texts = _unit(centred @ self._turn)[order]
        self._borders = learn_borders(self._texts, article[order], articles)

    def scores(self, question: Vectors, *, nearest: int) -> Scores:
        """For each article the mean cosine of its `nearest` texts (one may be near by chance), and what the borders
        say."""
        asked = _unit((question - self._middle)[None, :] @ self._turn)[0]
        cosine = self._texts @ asked
        scores: Scores = LEANING * (asked @ self._borders).astype(np.float64)
        for article, (start, end) in enumerate(zip(self._starts, self._starts[1:], strict=False)):
            if start < end:
                scores[article] += np.sort(cosine[start:end])[-nearest:].mean()
        return scores


def _whitening(centred: Vectors, article: Numbers, articles: int) -> Vectors:
    """The matrix after which texts of one article are spread alike in all directions."""
    means = np.zeros((articles, centred.shape[1]), dtype=np.float32)
    counts = np.bincount(article, minlength=articles)
    np.add.at(means, article, centred)
    means /= np.maximum(1, counts)[:, None]
    within = centred - means[article]
    spread = within.T @ within / len(within)
    size = max(float(np.trace(spread)) / len(spread), 1e-6)
    values, directions = np.linalg.eigh(spread + SHRINKAGE * size * np.eye(len(spread), dtype=np.float32))
    turn: Vectors = ((directions / np.sqrt(values)) @ directions.T).astype(np.float32)
    return turn


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(lengths, 1e-9)
    return unit
