"""Files in, segments out: the same words as the live path without its hurry."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from transcripts.agreement import known_words
from transcripts.live import VoiceStarted, VoiceStopped
from transcripts.model import Segment, Word, join_words
from transcripts.recogniser import RATE, Hints, Recogniser, Samples
from transcripts.recognisers.silero import SileroModel
from transcripts.sentences import SegmentLimits, cut
from transcripts.vad import VoiceDetector, VoiceOptions

Span = tuple[float, float]

KNOWN_WORDS = 8  # words before a cut that may be heard again after it


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineOptions:
    """How a file is cut for the recogniser and its words into segments."""

    voice: VoiceOptions = field(default_factory=lambda: VoiceOptions(silence_s=0.5))
    limits: SegmentLimits = field(default_factory=SegmentLimits)
    margin_s: float = 0.2  # silence around a voiced stretch that is heard with it
    window_s: float = 24.0  # voiced stretches are heard together up to this length
    unheard_s: float = 1.0  # voice after the last word of a window from which on it is heard by itself
    tail_s: float = 1.0  # when a longer stretch is cut, its last words are heard again from here on


async def transcribe(
    samples: Samples,
    *,
    recogniser: Recogniser,
    language: str | None,
    hints: Hints | None = None,
    options: OfflineOptions | None = None,
) -> tuple[Segment, ...]:
    """The segments of a whole recording, numbered from 1. Silence, however long, costs next to nothing.

    `language` None: it is found out, among `hints.languages` where they are given. With several of them each voiced
    stretch has its own, so stretches are heard one by one.
    """
    options = options or OfflineOptions()
    stretches = await asyncio.get_running_loop().run_in_executor(None, voiced, samples, options)
    mixed = language is None and hints is not None and len(hints.languages) > 1
    runs: list[tuple[str, list[Word]]] = []  # words in one language after the other
    for start, end in windows(stretches, 0.0 if mixed else options.window_s):
        while start < end:
            until = min(end, start + options.window_s)
            piece = samples[round(start * RATE) : round(until * RATE)]
            heard = await recogniser.recognise(piece, language=language, at=start, hints=hints)
            if not runs or runs[-1][0] != heard.language:
                runs.append((heard.language, []))
            words = runs[-1][1]
            known = known_words(words[-KNOWN_WORDS:], heard.words, window_start=start)
            found = heard.words[known:]
            if until < end:
                # Cut at a word: the last ones may be cut by the window, and are heard again from its end on.
                found = tuple(word for word in found if word.end <= until - options.tail_s)
            words.extend(found)
            heard_to = found[-1].end if found else 0.0
            start = _go_on(stretches, start, until, end, heard_to, options)
    return _segments(runs, options)


def _go_on(
    stretches: list[Span], start: float, until: float, end: float, heard_to: float, options: OfflineOptions
) -> float:
    """Where the next window begins, after one that ended at `until` and whose last word ended at `heard_to`."""
    if until < end:
        return max(heard_to, until - 4 * options.tail_s)
    if heard_to > start and _voice(stretches, heard_to, end) >= options.unheard_s:
        return heard_to  # Whisper sometimes ends with a sentence although another follows
    return end


def _segments(runs: list[tuple[str, list[Word]]], options: OfflineOptions) -> tuple[Segment, ...]:
    cuts = [
        (language, words)
        for language, run in runs
        for words in cut(_in_order(run), options.limits, closed=True)[0]
    ]
    return tuple(
        Segment(
            seq=seq,
            start=words[0].start,
            end=words[-1].end,
            language=language,
            text=join_words(words),
            words=words,
        )
        for seq, (language, words) in enumerate(cuts, start=1)
    )


def voiced(samples: Samples, options: OfflineOptions) -> list[Span]:
    """Where somebody speaks, in seconds, with a little silence around. Blocking: about 0.5 % of its length."""
    detector = VoiceDetector(options.voice, model=SileroModel())
    length_s = len(samples) / RATE
    spans: list[Span] = []
    opened: float | None = None
    for event in [*detector.hear(samples), VoiceStopped(length_s)]:
        if isinstance(event, VoiceStarted):
            opened = max(0.0, event.at - options.margin_s)
        elif opened is not None:
            spans.append((opened, min(length_s, event.at + options.margin_s)))
            opened = None
    return spans


def _voice(spans: list[Span], start: float, end: float) -> float:
    """Seconds of the spans between two times."""
    return sum(max(0.0, min(until, end) - max(begin, start)) for begin, until in spans)


def windows(spans: list[Span], most_s: float) -> list[Span]:
    """Neighbouring spans as windows of at most `most_s`; a longer span stays whole."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and end - joined[-1][0] <= most_s:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((max(start, joined[-1][1]) if joined else start, end))
    return joined


def _in_order(words: list[Word]) -> list[Word]:
    """The words with no time before the end of the word before."""
    ordered: list[Word] = []
    last = 0.0
    for word in words:
        start = max(word.start, last)
        last = max(word.end, start)
        ordered.append(
            Word(text=word.text, start=start, end=last, probability=word.probability, joined=word.joined)
        )
    return ordered
