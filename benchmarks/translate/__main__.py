"""Translation, measured side by side with what one would use instead.

    python -m benchmarks.translate [--json] [--only PART,PART] [--soak SECONDS]

Parts: throughput, latency, quality, facts, detection, and soak when --soak is given. See docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import uvloop

from benchmarks.translate import detection, facts, latency, quality, soak, throughput
from benchmarks.translate.bench import ROOT, Bench, NotMeasured, Report, say
from benchmarks.translate.machine import describe
from benchmarks.translate.sides import prepare_argos_home
from benchmarks.translate.targets import targets
from core import log
from translation.packages import ModelStore

PARTS: dict[str, Callable[[Bench], Awaitable[Report]]] = {
    "throughput": throughput.measure,
    "latency": latency.measure,
    "quality": quality.measure,
    "facts": facts.measure,
    "detection": detection.measure,
    "soak": soak.measure,
}


async def measure(bench: Bench, parts: Sequence[str]) -> Report:
    """The machine first, then every part in order."""
    report: Report = {"machine": describe()}
    for warning in report["machine"]["warnings"]:
        say(warning)
    ModelStore(bench.models).prepare_starter(lambda what, done, total: None)
    prepare_argos_home(bench.models, bench.scratch / "home")
    for part in parts:
        try:
            report[part] = await PARTS[part](bench)
        except NotMeasured as error:
            say(f"{part}: not measured. {error}")
            report[part] = {"not_measured": str(error)}
    report["machine"]["load_after"] = [round(each, 2) for each in os.getloadavg()]
    return report | {"targets": targets(report)}


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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    usual = Bench(models=Path(), scratch=Path(), cache=_cache(), corpus=ROOT.parent / "shared" / "corpus")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")
    parser.add_argument("--only", type=_parts, default=None, metavar="PART,PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="rounds of 32 callers")
    parser.add_argument(
        "--captions", type=int, default=usual.captions, help="captions for each pair and condition"
    )
    parser.add_argument(
        "--lines", type=int, default=usual.lines, help="held-out lines of each file and direction"
    )
    parser.add_argument("--facts", type=int, default=usual.facts, help="sentences with facts for each pair")
    parser.add_argument("--soak", type=float, default=0.0, metavar="SECONDS", help="mixed load for so long")
    parser.add_argument("--rate", type=float, default=usual.rate, help="requests a second while soaking")
    parser.add_argument("--corpus", type=Path, default=usual.corpus, help="folder with the parallel text")
    parser.add_argument("--cache", type=Path, default=usual.cache, help="where LibreTranslate is installed")
    parser.add_argument("--no-install", action="store_true", help="do not install LibreTranslate")
    chosen = parser.parse_args()
    parts = chosen.only or [part for part in PARTS if part != "soak" or chosen.soak]
    if "soak" in parts and not chosen.soak:
        parser.error("soak needs --soak SECONDS")
    log.set_up(level="ERROR")
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(sys.stderr):
        bench = replace(
            usual,
            models=Path(scratch, "models"),
            scratch=Path(scratch),
            cache=chosen.cache,
            corpus=chosen.corpus,
            install=not chosen.no_install,
            rounds=chosen.rounds,
            captions=chosen.captions,
            lines=chosen.lines,
            facts=chosen.facts,
            soak_s=chosen.soak,
            rate=chosen.rate,
        )
        report = uvloop.run(measure(bench, parts))  # the loop that the service runs on
    print(json.dumps(report, ensure_ascii=False) if chosen.json else for_reading(report))


def _parts(text: str) -> list[str]:
    wanted = text.split(",")
    if unknown := [part for part in wanted if part not in PARTS]:
        raise argparse.ArgumentTypeError(f"there is no part “{unknown[0]}”; choose from {', '.join(PARTS)}")
    return [part for part in PARTS if part in wanted]


def _cache() -> Path:
    """Where programs of this user keep what can be fetched again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "madoguchi-benchmarks"


if __name__ == "__main__":
    main()
