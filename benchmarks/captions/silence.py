"""Sounds without speech, through the whole live path as fast as they are taken: no word may come out."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.captions.bench import CLOCK, Bench, Report, say
from benchmarks.captions.sounds import SOUNDS
from benchmarks.translate.targets import Target
from core.tasks import Tasks
from transcripts.audio import to_s16le
from transcripts.model import Segment
from transcripts.recogniser import RATE, Recogniser, Samples
from transcripts.recognisers.whisper import WhisperOptions, open_whisper
from transcripts.session import LiveOptions, LiveRunner


async def measure(bench: Bench) -> Report:
    """Words, what was shown in passing, and recognitions, for each sound."""
    recogniser = await open_whisper(WhisperOptions())
    report: Report = {"seconds_each": bench.quiet_s, "sounds": {}}
    for name, make in SOUNDS.items():
        report["sounds"][name] = await _hear(make(bench.quiet_s), recogniser)
        say(f"  {name}: {report['sounds'][name]}")
    await recogniser.close()
    return report


async def _hear(samples: Samples, recogniser: Recogniser) -> Report:
    runner = LiveRunner(recogniser=recogniser, options=LiveOptions(), language="en", clock=CLOCK)
    tasks, segments, shown = Tasks(), [], set()

    async def watch() -> None:
        async for output in runner.outputs():
            if isinstance(output, Segment):
                segments.append(output.text)
            elif output.text:
                shown.add(output.text)

    watching = tasks.spawn("watch", watch())
    step = RATE
    for at in range(0, len(samples), step):
        await runner.feed(to_s16le(samples[at : at + step]))
    await runner.end()
    await watching
    return {
        "words": sum(len(text.split()) for text in segments),
        "shown_in_passing": sorted(shown),
        "said": segments,
    }


def targets(report: Report) -> Iterator[Target]:
    """Issue 4: zero words."""
    words = sum(each["words"] for each in report["sounds"].values())
    yield Target("silence: words in silence, noise, hum and music", words, 0, at_most=True)
