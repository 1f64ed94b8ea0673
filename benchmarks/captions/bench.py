"""What every part of the benchmark is given, and what a part is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.translate.targets import Target
from core.clock import SystemClock

SPEECH = Path(__file__).parents[2] / "config" / "demo" / "speech"
CLOCK = SystemClock()

Report = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What to hear, where to work, and how much to measure."""

    scratch: Path
    audio: Path = SPEECH / "briefing.flac"
    reference: Path = SPEECH / "briefing.json"
    peers: tuple[str, ...] = ("local-agreement", "whisper-live")
    whisper_live: Path | None = None  # the Python of an environment that has WhisperLive
    quiet_s: float = 600.0  # seconds of each sound without words
    meetings: int = 6  # at once in the crowd
    minutes: float = 1.5  # of the crowd


class NotMeasured(Exception):
    """A part, or a side of it, could not be measured; the message says why."""


class Part(Protocol):
    """A module of this package that measures one thing."""

    async def measure(self, bench: Bench) -> Report:
        """The figures. Raises `NotMeasured`."""
        ...

    def targets(self, report: Report) -> Iterator[Target]:
        """The promises about these figures. Pure."""
        ...


def say(line: str) -> None:
    """Progress, beside the result."""
    print(line, file=sys.stderr, flush=True)
