"""Fits the confidence of translations to the models installed, and prints how well it holds on lines not fitted on.

    python -m benchmarks.calibrate --models DIR ja,en=corpus.tsv [ja,en,pt-BR=own.tsv …] [--check TAGS=FILE …]
                                   [--lines N] [--evidence FILE.jsonl] [--write]

A file has one column a language, parted by tabs. Half of each file is fitted on; the other half, and all of `--check`,
is reported on. `--evidence` keeps what was gathered (or, where it exists, is used instead of translating again).
`--write` replaces translation/data/calibration.toml. Takes about a minute for 1,000 lines, most of it for embeddings;
needs the packages of requirements/dev.in.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.calibrate import fit
from benchmarks.calibrate.gather import gather, read_lines
from translation import confidence

CALIBRATION = Path(confidence.__file__).parent / "data" / "calibration.toml"
HEADER = """\
# Weights of translation.confidence, in logits, by engine. Fitted by `python -m benchmarks.calibrate`;
# docs/confidence.md says on what. An engine without a table is read as "argos" if it gives scores, else as "firefox".
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", metavar="TAGS=FILE")
    parser.add_argument("--check", nargs="*", default=[], metavar="TAGS=FILE")
    parser.add_argument("--models", type=Path, default=Path("var/models"))
    parser.add_argument("--lines", type=int, default=1500, help="of each file and direction")
    parser.add_argument("--evidence", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    checks = {argument.partition("=")[2] for argument in options.check}
    rows = _rows(options)
    fit.label_rows(rows)
    fitted_on = [row for row in rows if row["set"] not in {Path(path).stem for path in checks}]
    if options.write and not fitted_on:
        parser.error("there is nothing to fit on: every file is to be checked only")
    families = fit.fit_families([row for row in fitted_on if not fit.is_held_out(row)])
    if options.write:
        CALIBRATION.write_text(_as_toml(families), "utf-8")
    print(
        json.dumps(
            _reports(rows, fitted_on, confidence.read_families(families)), ensure_ascii=False, indent=1
        )
    )


def _rows(options: argparse.Namespace) -> list[dict[str, Any]]:
    if options.evidence and options.evidence.exists():
        return [json.loads(line) for line in options.evidence.read_text("utf-8").splitlines()]
    lines = [line for file in (*options.files, *options.check) for line in read_lines(file, options.lines)]
    rows = asyncio.run(gather(lines, options.models))
    if options.evidence:
        options.evidence.write_text(
            "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), "utf-8"
        )
    return rows


def _reports(
    rows: list[dict[str, Any]],
    fitted_on: list[dict[str, Any]],
    families: Mapping[str, confidence.Family],
) -> dict[str, Any]:
    """One report for each kind of route, and one for each file and direction."""
    kept = {id(row) for row in fitted_on if not fit.is_held_out(row)}
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if id(row) not in kept:
            engines = "+".join(hop["engine"] for hop in row["hops"])
            groups.setdefault(f"all {engines}", []).append(row)
            groups.setdefault(f"{row['set']} {row['source']}-{row['target']}", []).append(row)
    return {name: fit.report(group, families) for name, group in sorted(groups.items())}


def _as_toml(families: Mapping[str, Mapping[str, Any]]) -> str:
    parts = [HEADER]
    for engine, family in families.items():
        parts.append(
            f"\n[{engine}]\nusual_prior = {family['usual_prior']}\nprior_weight = {family['prior_weight']}\n"
        )
        parts.append(f"\n[{engine}.weights]\n")
        parts += [f"{name} = {weight}\n" for name, weight in family["weights"].items()]
    return "".join(parts)


if __name__ == "__main__":
    main()
