"""Live captions, measured: word error rate, delay and flicker on speech with word times, in real time.

    python -m benchmarks.captions [--json] [--audio FILE.flac --reference FILE.json] [--no-peer]

`madoguchi` is the service's own live path. `local-agreement` is the policy of whisper_streaming, written anew from its
description (Macháček et al. 2023) over the same model: the whole buffer every second, the longest common prefix of two
hypotheses is committed word by word, the buffer is cut at 15 s; full 30 s context, as faster-whisper gives it. It runs
without a prompt, with which it is better (docs/captions.md).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.scores import Timeline, score, word_error_rate
from core import log
from core.clock import SystemClock
from core.tasks import Tasks
from transcripts.audio import AudioLimits, decode, to_s16le
from transcripts.model import Partial, Word
from transcripts.offline import transcribe
from transcripts.recogniser import MAX_WINDOW_S, RATE, Recogniser, Samples
from transcripts.recognisers.whisper import WhisperOptions, open_whisper
from transcripts.session import LiveOptions, LiveRunner

SPEECH = Path(__file__).parents[1] / "config" / "demo" / "speech"
PIECE_S = 0.1
CLOCK = SystemClock()

Run = Callable[[Samples], Awaitable[Timeline]]


async def madoguchi(samples: Samples) -> Timeline:
    """The service's live path, fed at speaking speed."""
    recogniser = await open_whisper(WhisperOptions())
    runner = LiveRunner(recogniser=recogniser, options=LiveOptions(), language="en", clock=CLOCK)
    timeline, tasks, began = Timeline(), Tasks(), CLOCK.monotonic()

    async def watch() -> None:
        async for output in runner.outputs():
            at = CLOCK.monotonic() - began
            if isinstance(output, Partial):
                timeline.partial(at, output.text, output.stable_chars)
            else:
                timeline.segment(at, output.text)

    watching = tasks.spawn("watch", watch())
    for at in range(0, len(samples), int(PIECE_S * RATE)):
        await asyncio.sleep(max(0.0, began + at / RATE + PIECE_S - CLOCK.monotonic()))
        await runner.feed(to_s16le(samples[at : at + int(PIECE_S * RATE)]))
    await runner.end()
    await watching
    await recogniser.close()
    return timeline


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
    """The peer, at speaking speed: one recognition after the other, each over all that has arrived."""
    recogniser = await open_whisper(WhisperOptions(padding_s=MAX_WINDOW_S))
    policy = LocalAgreement(recogniser, samples)
    timeline, began, length_s = Timeline(), CLOCK.monotonic(), len(samples) / RATE
    until = 0.0
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


async def measure(samples: Samples, reference: dict[str, Any], *, peer: bool) -> dict[str, Any]:
    """Offline, then live, then the peer."""
    recogniser = await open_whisper(WhisperOptions())
    began = CLOCK.monotonic()
    segments = await transcribe(samples, recogniser=recogniser, language="en")
    offline_s = CLOCK.monotonic() - began
    await recogniser.close()
    length_s = len(samples) / RATE
    report: dict[str, Any] = {
        "seconds": round(length_s, 1),
        "model": "tiny.en int8, 1 thread",
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "offline": {
            "wer": word_error_rate(reference["text"], " ".join(each.text for each in segments)),
            "rtf": round(offline_s / length_s, 3),
        },
    }
    runs: dict[str, Run] = {"madoguchi": madoguchi}
    if peer:
        runs["local-agreement"] = local_agreement
    for name, run in runs.items():
        before = resource.getrusage(resource.RUSAGE_SELF)
        timeline = await run(samples)
        after = resource.getrusage(resource.RUSAGE_SELF)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        report[name] = score(reference, timeline) | {"cpu_share": round(spent / length_s, 2)}
        if name != "madoguchi":  # the peer commits words, not segments
            report[name] = {
                key: value for key, value in report[name].items() if not key.startswith("segment")
            }
    return report


def table(report: dict[str, Any]) -> str:
    """The report for reading."""
    lines = [
        f"{report['seconds']} s of speech, {report['model']}, {report['cpus']} CPUs, load {report['load']}"
    ]
    lines.append(f"offline: WER {report['offline']['wer']} %, {report['offline']['rtf']} s a second")
    runs = [name for name in ("madoguchi", "local-agreement") if name in report]
    lines.append(f"{'':24}" + "".join(f"{name:>18}" for name in runs))
    lines += [
        f"{key:24}" + "".join(f"{report[name].get(key, '-'):>18}" for name in runs) for key in report[runs[0]]
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--audio", type=Path, default=SPEECH / "briefing.flac")
    parser.add_argument("--reference", type=Path, default=SPEECH / "briefing.json")
    parser.add_argument("--no-peer", action="store_true", help="leave out the peer")
    chosen = parser.parse_args()
    log.set_up(level="WARNING")
    samples = decode(chosen.audio.read_bytes(), limits=AudioLimits())
    reference = json.loads(chosen.reference.read_text(encoding="utf-8"))
    report = asyncio.run(measure(samples, reference, peer=not chosen.no_peer))
    print(json.dumps(report) if chosen.json else table(report))


if __name__ == "__main__":
    main()
