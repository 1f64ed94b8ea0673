"""Many meetings at once on one model, in real time: words, delays, drift, and what happens to one meeting too many.

Every meeting hears the demo speech again and again with a pause between, each at another place of it. Everything is the
service's own (pool, admission, store, fan-out) but the network: a source hands its samples over in this process, and a
viewer is a line that notes when it was given what. Word times are those of the speech, so a delay runs from the moment
at which a speaker's word ended to the moment at which every viewer was handed its text for good.
"""

from __future__ import annotations

import asyncio
import bisect
import json
import resource
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.captions.bench import CLOCK, Bench, Report, say
from benchmarks.captions.scores import Timeline, commit_delays, quantile, word_error_rate
from benchmarks.captions.stage import Stage, staged
from benchmarks.translate.targets import Target
from config.opening import open_pool
from config.settings import RecogniserSettings
from core.errors import Busy
from core.tasks import Tasks
from transcripts.audio import AudioLimits, decode, to_s16le
from transcripts.hub import Frame, Viewer
from transcripts.pool import RecogniserPool
from transcripts.recogniser import RATE, Samples
from transcripts.sources import Source

PIECE_S = 0.1
PAUSE_S = 4.0  # between two speeches; each meeting's is a little longer than that of the one before
LEAD_S = 0.5  # before a speech's first sound: what was said then belongs to it
STAGGER_S = 7.3  # of a speech that each further meeting is ahead
SAMPLE_S = 5.0  # between two looks at the pool
DRIFT_MINUTES = 5.0  # a shorter run says nothing about drift


@dataclass(slots=True)
class Meeting:
    """One meeting of the crowd, and what its viewer was shown; `offsets` are the audio times of its speeches."""

    number: int
    name: str
    source: Source
    pause_s: float
    began: float = 0.0
    offsets: list[float] = field(default_factory=list)
    timelines: list[Timeline] = field(default_factory=list)
    behind: list[float] = field(default_factory=list)
    sequence: list[int] = field(default_factory=list)

    def write(self, frame: Frame) -> None:
        """As a viewer's connection: note what came, and when. A frame holds one event or several."""
        at = CLOCK.monotonic() - self.began
        for event in frame.bare.decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in event.splitlines() if ": " in line)
            if fields.get("event") in ("caption", "partial"):
                self._note(at, fields["event"], json.loads(fields["data"]))

    def _note(self, at: float, event: str, data: dict[str, Any]) -> None:
        place = bisect.bisect_right(self.offsets, data["start"] + LEAD_S) - 1
        if event == "caption":
            self.sequence.append(data["seq"])
            self.timelines[place].segment(at - self.offsets[place], data["text"])
        elif place >= 0:
            self.timelines[place].partial(at - self.offsets[place], data["text"], data["stable_chars"])

    def unsent(self) -> int:
        return 0

    def cut(self) -> None:
        raise AssertionError("this viewer reads everything at once")

    def finish(self) -> None:
        pass


async def _join(stage: Stage, number: int) -> Meeting:
    made = await stage.service.create(title=f"Crowd {number}", language="en", languages=["en"], account=None)
    source = await stage.live.open(made.meeting.id, sender=f"crowd {number}")
    meeting = Meeting(number, made.meeting.id, source, pause_s=PAUSE_S + 0.7 * number)
    stage.hub.join(made.meeting.id, Viewer(meeting, chosen={"en"}, languages={"en"}, position=0))
    return meeting


def _sound(samples: Samples, meeting: Meeting, seconds: float) -> bytes:
    """What one meeting hears: the rest of a speech that has begun already, then whole speeches with pauses."""
    begun = min(meeting.number * STAGGER_S, len(samples) / RATE - 1.0)
    pause = np.zeros(int(meeting.pause_s * RATE), np.float32)
    pieces, length = [samples[int(begun * RATE) :], pause], len(samples) - int(begun * RATE) + len(pause)
    meeting.offsets.append(-begun)
    while length < seconds * RATE:
        meeting.offsets.append(length / RATE)
        pieces += [samples, pause]
        length += len(samples) + len(pause)
    meeting.timelines = [Timeline() for _ in meeting.offsets]
    return to_s16le(np.concatenate(pieces)[: int(seconds * RATE)])


async def _speak(stage: Stage, meeting: Meeting, pcm: bytes) -> None:
    """Send at speaking speed; each message when its last sample has been spoken."""
    piece = int(PIECE_S * RATE) * 2
    meeting.began = CLOCK.monotonic()
    for at in range(0, len(pcm), piece):
        await asyncio.sleep(max(0.0, meeting.began + (at + piece) / 2 / RATE - CLOCK.monotonic()))
        await meeting.source.feed(pcm[at : at + piece])
    await stage.live.end(meeting.name)


async def _watch(pool: RecogniserPool, meetings: list[Meeting], seen: list[dict[str, float]]) -> None:
    while True:
        await asyncio.sleep(SAMPLE_S)
        seen.append({"utilisation": pool.utilisation(), "step_s": pool.step_s()})
        for meeting in meetings:
            meeting.behind.append(meeting.source.behind_s)


async def measure(bench: Bench) -> Report:
    """Let the crowd speak for `bench.minutes`, then one more than there is room for."""
    samples = decode(bench.audio.read_bytes(), limits=AudioLimits())
    reference = json.loads(bench.reference.read_text(encoding="utf-8"))
    seconds = bench.minutes * 60
    pool = await open_pool(RecogniserSettings(), bench.scratch, CLOCK)
    say(f"a recognition costs {pool.cost_s():.2f} worker-seconds; room for {pool.capacity()} meetings")
    tasks = Tasks()
    seen: list[dict[str, float]] = []
    async with staged(bench.scratch, recogniser=pool, meetings=bench.meetings) as stage:
        meetings, refusal = await _fill(stage, bench.meetings)
        sounds = [_sound(samples, meeting, seconds) for meeting in meetings]
        before = resource.getrusage(resource.RUSAGE_SELF)
        tasks.spawn("watch", _watch(pool, meetings, seen))
        await asyncio.gather(*map(_speak, [stage] * len(meetings), meetings, sounds))
        after = resource.getrusage(resource.RUSAGE_SELF)
        await asyncio.sleep(3.0)  # the last captions are on their way to the viewers
        await tasks.close()
    cost_s, capacity = pool.cost_s(), pool.capacity()
    await pool.close()
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _report(reference, meetings, seconds) | {
        "minutes": bench.minutes,
        "one_too_many": refusal,
        "cpu_share": round(cpu_s / seconds, 2),
        "utilisation": _spread([each["utilisation"] for each in seen]),
        "step_s": _spread([each["step_s"] for each in seen]),
        "cost_s": round(cost_s, 3),
        "capacity": capacity,
    }


async def _fill(stage: Stage, most: int) -> tuple[list[Meeting], str]:
    """Let meetings in until one is refused, or one more than `most` is in; and what the refused one was told."""
    meetings: list[Meeting] = []
    try:
        while len(meetings) <= most:
            meetings.append(await _join(stage, len(meetings)))
    except Busy as error:
        return meetings, str(error)
    return meetings, ""


def _report(reference: dict[str, Any], meetings: list[Meeting], seconds: float) -> Report:
    """Figures of each meeting, of all words together, and how delays went over time."""
    rows, delays, moments = [], [], []
    for meeting in meetings:
        own: list[float] = []
        heard, said = [], []
        for offset, timeline in zip(meeting.offsets, meeting.timelines, strict=True):
            spoken = _between(reference, -offset, seconds - offset)
            found = commit_delays(spoken, timeline)
            moments += [(offset + 20.0, delay) for delay in found]
            own += found
            said.append(spoken["text"])
            heard.append(" ".join(timeline.moments[-1].segments))
        delays += own
        rows.append(
            {
                "wer": word_error_rate(" ".join(said), " ".join(heard)),
                "delay_p50_s": quantile(sorted(own), 0.5),
                "delay_p95_s": quantile(sorted(own), 0.95),
                "behind_max_s": round(max(meeting.behind, default=0.0), 1),
                "words": sum(len(text.split()) for text in said),
                "lost_or_doubled": meeting.sequence != list(range(1, len(meeting.sequence) + 1)),
            }
        )
    ordered = sorted(delays)
    return {
        "meetings": rows,
        "words": len(delays),
        "delay_p50_s": quantile(ordered, 0.5),
        "delay_p95_s": quantile(ordered, 0.95),
        "delay_max_s": quantile(ordered, 1.0),
        "drift_s_per_hour": _slope(moments) if seconds >= DRIFT_MINUTES * 60 else None,
    }


def _between(reference: dict[str, Any], start: float, end: float) -> dict[str, Any]:
    """The part of a speech that is heard whole between two of its moments."""
    words = [word for word in reference["words"] if word["start"] >= start and word["end"] <= end]
    return {"words": words, "text": " ".join(word["text"] for word in words)}


def _slope(moments: list[tuple[float, float]]) -> float:
    """Seconds of delay that an hour adds, by least squares."""
    at, delay = np.array(moments).T
    return round(float(np.polyfit(at, delay, 1)[0]) * 3600, 2)


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"p50": quantile(ordered, 0.5), "max": quantile(ordered, 1.0)}


def targets(report: Report) -> Iterator[Target]:
    """Issue 4's promises about many meetings."""
    rows = report["meetings"]
    lost = float(sum(row["lost_or_doubled"] for row in rows))
    yield Target("crowd: meetings at once", float(len(rows)), 6)
    yield Target("crowd: word's end to committed, p95 s", report["delay_p95_s"], 6.0, at_most=True)
    yield Target("crowd: meetings with a caption lost or doubled", lost, 0, at_most=True)
    yield Target(
        "crowd: worst word error rate of a meeting", max(row["wer"] for row in rows), 5.0, at_most=True
    )
    yield Target("crowd: one meeting too many is refused", float(bool(report["one_too_many"])), 1)
    yield Target("crowd: drift of the delay, s an hour", report["drift_s_per_hour"], 1.0, at_most=True)
