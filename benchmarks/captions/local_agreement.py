"""The peer whisper_streaming, as a policy over the same model.

LocalAgreement-2, written anew from its description (Macháček et al. 2023): the whole buffer every second, the
longest common prefix of two hypotheses is committed word by word, the buffer is cut at 15 s; full 30 s context, as
faster-whisper gives it. It runs without a prompt, with which it is better (docs/captions.md).
"""

from __future__ import annotations

import asyncio

from benchmarks.captions.bench import CLOCK
from benchmarks.captions.scores import Timeline
from transcripts.model import Word
from transcripts.recogniser import MAX_WINDOW_S, RATE, Recogniser, Samples
from transcripts.recognisers.whisper import WhisperOptions, open_whisper


class LocalAgreement:
    """whisper_streaming's policy: LocalAgreement-2 on a growing buffer, exact words, cut at 15 s."""

    step_s = 1.0
    trim_s = 15.0

    def __init__(self, recogniser: Recogniser, samples: Samples) -> None:
        self._recogniser = recogniser
        self._samples = samples
        self.committed: list[Word] = []
        self.unconfirmed: list[Word] = []
        self._start = 0.0

    async def hear(self, until: float) -> None:
        """Recognise the buffer up to `until` and commit what the last two hypotheses share."""
        window = self._samples[round(self._start * RATE) : round(until * RATE)]
        found = await self._recogniser.recognise(window, language="en", at=self._start)
        last = self.committed[-1].end if self.committed else 0.0
        fresh = self._without_repeats([word for word in found.words if word.start > last - 0.1])
        shared = 0
        while (
            shared < min(len(fresh), len(self.unconfirmed))
            and fresh[shared].text == self.unconfirmed[shared].text
        ):
            shared += 1
        self.committed += fresh[:shared]
        self.unconfirmed = fresh[shared:]
        if until - self._start > self.trim_s and self.committed:
            self._start = max(self._start, self.committed[-1].end)

    def _without_repeats(self, fresh: list[Word]) -> list[Word]:
        """Up to five words at the beginning that repeat the last committed ones, when they are near in time."""
        if fresh and self.committed and abs(fresh[0].start - self.committed[-1].end) < 1.0:
            for size in range(1, min(5, len(fresh), len(self.committed)) + 1):
                if [word.text for word in self.committed[-size:]] == [word.text for word in fresh[:size]]:
                    return fresh[size:]
        return fresh


async def local_agreement(samples: Samples) -> Timeline:
    """At speaking speed: one recognition after the other, each over all that has arrived."""
    recogniser = await open_whisper(WhisperOptions(padding_s=MAX_WINDOW_S))
    policy = LocalAgreement(recogniser, samples)
    timeline, began, length_s = Timeline(), CLOCK.monotonic(), len(samples) / RATE
    until, text = 0.0, ""
    while until < length_s:
        await asyncio.sleep(max(0.0, began + until + policy.step_s - CLOCK.monotonic()))
        until = min(length_s, CLOCK.monotonic() - began)
        await policy.hear(until)
        committed = " ".join(word.text for word in policy.committed)
        text = " ".join(word.text for word in (*policy.committed, *policy.unconfirmed))
        timeline.partial(CLOCK.monotonic() - began, text, len(committed))
    timeline.segment(CLOCK.monotonic() - began, text)
    await recogniser.close()
    return timeline
