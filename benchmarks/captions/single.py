"""One meeting in real time: word error rate, delay and flicker, beside offline transcription and the peers."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import Awaitable, Callable, Iterator

from benchmarks.captions.bench import CLOCK, Bench, NotMeasured, Report, say
from benchmarks.captions.local_agreement import local_agreement
from benchmarks.captions.scores import Timeline, score, word_error_rate
from benchmarks.captions.whisper_live_peer import whisper_live
from benchmarks.translate.targets import Target
from core.tasks import Tasks
from transcripts.audio import AudioLimits, decode, to_s16le
from transcripts.model import Partial
from transcripts.offline import transcribe
from transcripts.recogniser import RATE, Samples
from transcripts.recognisers.whisper import WhisperOptions, open_whisper
from transcripts.session import LiveOptions, LiveRunner

PIECE_S = 0.1

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


async def measure(bench: Bench) -> Report:
    """Offline, then live, then each peer."""
    samples = decode(bench.audio.read_bytes(), limits=AudioLimits())
    reference = json.loads(bench.reference.read_text(encoding="utf-8"))
    recogniser = await open_whisper(WhisperOptions())
    began = CLOCK.monotonic()
    segments = await transcribe(samples, recogniser=recogniser, language="en")
    offline_s = CLOCK.monotonic() - began
    await recogniser.close()
    length_s = len(samples) / RATE
    report: Report = {
        "audio": bench.audio.name,
        "seconds": round(length_s, 1),
        "model": "tiny.en int8, 1 thread",
        "offline": {
            "wer": word_error_rate(reference["text"], " ".join(each.text for each in segments)),
            "rtf": round(offline_s / length_s, 3),
        },
    }
    for name, run in _runs(bench).items():
        before = _cpu_s()
        try:
            timeline = await run(samples)
        except NotMeasured as error:
            say(f"{name}: not measured. {error}")
            report[name] = {"not_measured": str(error)}
            continue
        report[name] = score(reference, timeline) | {"cpu_share": round((_cpu_s() - before) / length_s, 2)}
    return report


def _runs(bench: Bench) -> dict[str, Run]:
    peers: dict[str, Run] = {
        "local-agreement": local_agreement,
        "whisper-live": lambda samples: whisper_live(samples, bench),
    }
    return {"madoguchi": madoguchi} | {name: run for name, run in peers.items() if name in bench.peers}


def _cpu_s() -> float:
    """Processor seconds of this process and of children that have ended."""
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def targets(report: Report) -> Iterator[Target]:
    """Issue 4's promises about one meeting."""
    ours = report["madoguchi"]
    worse = round(ours["wer"] - report["offline"]["wer"], 2)
    yield Target("single: word error rate above offline, points", worse, 1.0, at_most=True)
    for name, key, limit in (
        ("word's end to committed, p50 s", "delay_p50_s", 1.6),
        ("word's end to committed, p95 s", "delay_p95_s", 3.2),
        ("first partial, p50 s", "first_partial_p50_s", 0.9),
        ("normalised erasure", "erasure", 0.25),
        ("last word after its end, s", "last_word_s", 1.5),
    ):
        yield Target(f"single: {name}", ours[key], limit, at_most=True)
    for peer in ("local-agreement", "whisper-live"):
        if (theirs := report.get(peer)) is None:
            continue
        measured = "not_measured" not in theirs
        for key in ("delay_p50_s", "delay_p95_s", "wer"):
            ahead = round(ours[key] - theirs[key], 2) if measured else None
            yield Target(f"single: {key} above {peer}", ahead, 0.0, at_most=True)
