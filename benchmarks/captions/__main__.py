"""Live captions, measured, side by side with what one would use instead.

    python -m benchmarks.captions [--json] [--only PART,PART] [--audio FILE --reference FILE.json] [--no-peer]

Parts, each a module beside this one: single (one meeting in real time: error rate, delay, flicker, and the peers),
silence (ten minutes without a word), crowd (many meetings on one model), viewers, cuts. See docs/captions.md.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from benchmarks.captions.bench import Bench, NotMeasured, Part, Report, say
from benchmarks.translate.machine import describe
from core import log

PARTS = ("single", "silence", "crowd", "viewers", "cuts")
PACKAGES = ("faster-whisper", "onnxruntime", "aiohttp")


def module(name: str) -> Part:
    """A part by its name; what it needs is imported only when it is measured."""
    return cast(Part, importlib.import_module(f"benchmarks.captions.{name}"))


async def measure(bench: Bench, parts: Sequence[str]) -> Report:
    """The machine first, then every part in order, then what was promised."""
    report: Report = {"machine": describe(PACKAGES)}
    for warning in report["machine"]["warnings"]:
        say(warning)
    promises: list[dict[str, Any]] = []
    for name in parts:
        say(f"{name} …")
        try:
            report[name] = await module(name).measure(bench)
        except NotMeasured as error:
            say(f"{name}: not measured. {error}")
            report[name] = {"not_measured": str(error)}
        else:
            promises += [target.as_row() for target in module(name).targets(report[name])]
    report["machine"]["load_after"] = [round(each, 2) for each in os.getloadavg()]
    return report | {"targets": promises}


def for_reading(report: Report) -> str:
    """The machine, every part as a tree, and the targets last."""
    lines = []
    for name, part in report.items():
        if name != "targets":
            lines += [name, json.dumps(part, ensure_ascii=False, indent=2), ""]
    for row in report["targets"]:
        mark = {True: "met", False: "MISSED", None: "not measured"}[row["met"]]
        lines.append(f"{row['what']:70} {row['value']!s:>10} {row['must_be']:>8}  {mark}")
    return "\n".join(lines)


def _parts(text: str) -> list[str]:
    chosen = [part.strip() for part in text.split(",") if part.strip()]
    if unknown := set(chosen) - set(PARTS):
        raise argparse.ArgumentTypeError(
            f"there is no part {', '.join(sorted(unknown))}; parts: {', '.join(PARTS)}"
        )
    return chosen


def main() -> None:
    """Measure and print."""
    usual = Bench(scratch=Path())
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")
    parser.add_argument(
        "--only", type=_parts, default=list(PARTS), metavar="PART,PART", help=", ".join(PARTS)
    )
    parser.add_argument("--audio", type=Path, default=usual.audio, help="speech")
    parser.add_argument("--reference", type=Path, default=usual.reference, help="its words with times")
    parser.add_argument("--no-peer", action="store_true", help="leave out the peers")
    parser.add_argument(
        "--whisper-live", type=Path, metavar="PYTHON", help="the Python of an environment with WhisperLive"
    )
    parser.add_argument(
        "--quiet", type=float, default=usual.quiet_s, metavar="SECONDS", help="of each sound without words"
    )
    parser.add_argument("--meetings", type=int, default=usual.meetings, help="at once in the crowd")
    parser.add_argument("--minutes", type=float, default=usual.minutes, help="of the crowd; 30 shows drift")
    chosen = parser.parse_args()
    log.set_up(level="WARNING")
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(
            scratch=Path(scratch),
            audio=chosen.audio,
            reference=chosen.reference,
            peers=() if chosen.no_peer else usual.peers,
            whisper_live=chosen.whisper_live,
            quiet_s=chosen.quiet,
            meetings=chosen.meetings,
            minutes=chosen.minutes,
        )
        report = asyncio.run(measure(bench, chosen.only))
    print(json.dumps(report, ensure_ascii=False) if chosen.json else for_reading(report))


if __name__ == "__main__":
    main()
