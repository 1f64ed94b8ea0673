"""Sure, unsure or nothing: from two kinds of evidence to what is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bot.model import Findings, Match

Scores = NDArray[np.float64]

ELSEWHERE = "elsewhere"  # stands for what people ask that is none of the city's business


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How evidence becomes the chance that the best article is right. Fitted by `python -m benchmarks.knowledge` on
    the tuning sets of config/city/evaluation and on nothing else: docs/knowledge.md."""

    meaning: float  # weight of Meaning.scores in the sum that articles are ranked by
    words: float  # weight of WordEvidence.scores
    start: float  # log odds when nothing is known
    ahead: float  # for each unit that the best is ahead of the next
    near: float  # for each unit of meaning of the best
    said: float  # for each unit of words of the best


FUSED = Calibration(meaning=19.173, words=0.313, start=-0.217, ahead=0.6582, near=0.452, said=0.0496)
WORDS_ONLY = Calibration(meaning=0.0, words=0.6273, start=-0.503, ahead=0.563, near=0.0, said=0.1208)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """Thresholds of what is said, and limits."""

    sure: float = 0.9  # chance from which an article is given as the answer
    candidate: float = 0.3  # chance from which titles are offered
    nothing: float = 0.5  # chance of ELSEWHERE from which they are not
    max_candidates: int = 3
    nearest: int = 5  # so many of an article's texts count, by their mean
    body_weight: float = 0.3  # of the words that an article says, beside 1.0 of those it is asked with
    max_question: int = 500  # characters of a question that are looked at
    stale: Literal["say", "doubt"] = "say"  # "doubt": an article past its date is never given as sure
    fused: Calibration = FUSED
    words_only: Calibration = WORDS_ONLY  # where there is no embedder


def judge(
    slugs: Sequence[str],
    meaning: Scores | None,
    words: Scores,
    options: SearchOptions,
) -> Findings:
    """What the evidence for each article says. `meaning` is None without an embedder. The `score` of a match is the
    chance that it is right."""
    if not slugs:
        return Findings()
    scale = options.words_only if meaning is None else options.fused
    near = np.zeros(len(slugs)) if meaning is None else meaning
    total = scale.meaning * near + scale.words * words
    order = np.lexsort((np.arange(len(slugs)), -total))
    best = int(order[0])
    ahead = float(total[best] - total[order[1]]) if len(slugs) > 1 else float(total[best])
    odds = (
        scale.start + scale.ahead * ahead + scale.near * float(near[best]) + scale.said * float(words[best])
    )
    chance = 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
    matches = tuple(
        Match(slug=slugs[at], score=round(chance * math.exp(total[at] - total[best]), 4))
        for at in order[: options.max_candidates + 3]
        if slugs[at] != ELSEWHERE
    )
    if slugs[best] == ELSEWHERE and chance >= options.nothing or chance < options.candidate:
        return Findings(matches=matches)
    candidates = tuple(match.slug for match in matches[: options.max_candidates])
    sure = slugs[best] if chance >= options.sure and slugs[best] != ELSEWHERE else ""
    return Findings(sure=sure, candidates=candidates, matches=matches)
