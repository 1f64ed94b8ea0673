"""How good live captions are, from what was shown and when. Pure.

delay      from a word's end in the reference to the moment it was committed, in seconds
erasure    normalised erasure (Arivazhagan et al. 2020): words shown and taken back, per word of the final text. What
           was there for less than one frame was not seen: a segment and the partial after it arrive one by one
wer        word error rate after `normal`
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

NUMBERS = {
    word: str(value)
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
}


FRAME_S = 1 / 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a viewer saw from `at` (seconds of audio time) on: committed segments, then the partial."""

    at: float
    segments: tuple[str, ...] = ()
    stable: str = ""  # the part of the partial that will not change
    unstable: str = ""

    @property
    def committed(self) -> list[str]:
        return " ".join((*self.segments, self.stable)).split()

    @property
    def shown(self) -> list[str]:
        return " ".join((*self.segments, self.stable + self.unstable)).split()


@dataclass(slots=True)
class Timeline:
    """The moments of one run, in order."""

    moments: list[Moment] = field(default_factory=lambda: [Moment(at=0.0)])

    def segment(self, at: float, text: str) -> None:
        self.moments.append(Moment(at=at, segments=(*self.moments[-1].segments, text)))

    def partial(self, at: float, text: str, stable_chars: int) -> None:
        segments = self.moments[-1].segments
        self.moments.append(
            Moment(at=at, segments=segments, stable=text[:stable_chars], unstable=text[stable_chars:])
        )


def normal(text: str) -> list[str]:
    """Words without case, punctuation and ways of writing numbers: "April 7th at 9.30" is "april 7 at 930"."""
    lower = re.sub(r"(?<=\d)[.,:](?=\d)", "", text.lower())
    lower = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", lower)
    lower = re.sub(r"\b([ap])\.m\.?", r"\1m", lower)
    return [NUMBERS.get(word, word) for word in re.sub(r"[^\w' ]", " ", lower).split()]


def word_error_rate(reference: str, text: str) -> float:
    """Percent."""
    import jiwer

    return round(100 * float(jiwer.wer(" ".join(normal(reference)), " ".join(normal(text)))), 2)


def score(reference: dict[str, Any], timeline: Timeline) -> dict[str, float]:
    """All figures of one run. `reference` has `text`, `words` and `sentences` with `start` and `end`."""
    final = timeline.moments[-1]
    tokens = _tokens(reference)
    in_segment = _first_seen(
        tokens, [(moment.at, " ".join(moment.segments).split()) for moment in timeline.moments]
    )
    shown = _first_seen(tokens, [(moment.at, moment.shown) for moment in timeline.moments])
    delays = commit_delays(reference, timeline)
    segment_delays = sorted(at - tokens[place][1] for place, at in in_segment.items())
    firsts = sorted(_first_partials(reference["sentences"], tokens, shown))
    return {
        "wer": word_error_rate(reference["text"], " ".join(final.segments)),
        "segments": len(final.segments),
        "delay_p50_s": quantile(delays, 0.5),
        "delay_p95_s": quantile(delays, 0.95),
        "segment_delay_p50_s": quantile(segment_delays, 0.5),
        "segment_delay_p95_s": quantile(segment_delays, 0.95),
        "first_partial_p50_s": quantile(firsts, 0.5),
        "first_partial_p95_s": quantile(firsts, 0.95),
        "erasure": erasure(timeline),
        "last_word_s": round(max(in_segment.values(), default=0.0) - reference["words"][-1]["end"], 2),
    }


def commit_delays(reference: dict[str, Any], timeline: Timeline) -> list[float]:
    """For each word that was committed, the seconds from its end until then; smallest first."""
    tokens = _tokens(reference)
    committed = _first_seen(tokens, [(moment.at, moment.committed) for moment in timeline.moments])
    return sorted(at - tokens[place][1] for place, at in committed.items())


def _tokens(reference: dict[str, Any]) -> list[tuple[str, float]]:
    """The words of the reference as they are compared, with their ends."""
    return [(token, word["end"]) for word in reference["words"] for token in normal(word["text"])]


def erasure(timeline: Timeline) -> float:
    """Words taken back after they were shown, per word of the final text."""
    erased = 0
    seen = [before for before, after in pairwise(timeline.moments) if after.at - before.at >= FRAME_S]
    for before, after in pairwise([*seen, timeline.moments[-1]]):
        kept = 0
        while kept < min(len(before.shown), len(after.shown)) and before.shown[kept] == after.shown[kept]:
            kept += 1
        erased += len(before.shown) - kept
    return round(erased / max(1, len(timeline.moments[-1].shown)), 3)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not pass."""
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)


def _first_seen(tokens: list[tuple[str, float]], views: list[tuple[float, list[str]]]) -> dict[int, float]:
    """When each word of the reference was first there."""
    words = [token for token, _ in tokens]
    seen: dict[int, float] = {}
    for at, view in views:
        # Only words whose sound has begun to matter can be there: this keeps a repeated word from matching a later one.
        said = [word for word, (_, end) in zip(words, tokens, strict=True) if end <= at + 1.0]
        matcher = SequenceMatcher(a=said, b=normal(" ".join(view)), autojunk=False)
        for block in matcher.get_matching_blocks():
            for place in range(block.a, block.a + block.size):
                seen.setdefault(place, at)
    return seen


def _first_partials(
    sentences: list[dict[str, Any]], tokens: list[tuple[str, float]], shown: dict[int, float]
) -> list[float]:
    """For each sentence, from its first sound to the first of its words that a viewer saw."""
    firsts = []
    for sentence in sentences:
        times = [
            shown[place]
            for place, (_, end) in enumerate(tokens)
            if sentence["start"] < end <= sentence["end"] + 0.2 and place in shown
        ]
        if times:
            firsts.append(min(times) - sentence["start"])
    return firsts
