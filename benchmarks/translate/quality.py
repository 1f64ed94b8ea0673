"""chrF of ours against the raw engine on the same model and the same held-out lines; then with glossary and memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from benchmarks.translate.bench import Bench, Report, say
from benchmarks.translate.chrf import compare
from benchmarks.translate.corpus import FILES, Line, others, set_aside
from benchmarks.translate.ours import open_memory, open_ours
from benchmarks.translate.sides import open_raw
from translation.model import Translation
from translation.service import Translator

DIRECTIONS = (("ja", "en"), ("en", "ja"))
TOGETHER = 64  # lines decoded at once by hand
SEVERAL = re.compile(r"[。．！？!?.]+[」』”\"]?\s*\w")  # a line with more than one sentence
NOTE = (
    "The starter models were trained on the corpus as it then was, and the lines held back from their training are not "
    "in the files; so most of these lines were seen in training, and the scores themselves are not to be quoted. Both "
    "sides run the same model, but lines of several sentences were learnt whole: by hand they go in whole, ours are "
    "split. Figures for lines of one sentence are given apart."
)


async def measure(bench: Bench) -> Report:
    """Both directions, both files. Raises `NotMeasured` without the corpus."""
    lines = {name: set_aside(bench.corpus, name)[: bench.lines] for name in FILES}
    units = others(bench.corpus, "municipal")
    raw = {direction: _by_hand(bench, lines, direction) for direction in DIRECTIONS}
    found: Report = {"note": NOTE, "lines": {name: len(chosen) for name, chosen in lines.items()}}
    async with open_ours(bench) as plain:
        found["plain"] = await _all(plain, lines, raw)
    async with open_memory(bench, units) as memory, open_ours(bench, glossary=True, memory=memory) as helped:
        found["memory_units"] = len(units)
        found["with_glossary_and_memory"] = await _all(helped, lines, raw)
    return found


def _by_hand(bench: Bench, lines: dict[str, list[Line]], direction: tuple[str, str]) -> dict[str, list[str]]:
    """The whole line as one input, which is what somebody who calls the engine directly does."""
    say(f"quality: {direction[0]} → {direction[1]} by hand")
    raw = open_raw(bench.models, direction)
    said = {}
    for name, chosen in lines.items():
        texts = [line.side(direction[0]) for line in chosen]
        said[name] = [
            text for at in range(0, len(texts), TOGETHER) for text in raw.translate(texts[at : at + TOGETHER])
        ]
    return said


async def _all(
    ours: Translator,
    lines: dict[str, list[Line]],
    raw: dict[tuple[str, str], dict[str, list[str]]],
) -> Report:
    found: Report = {}
    for source, target in DIRECTIONS:
        for name, chosen in lines.items():
            say(f"quality: {source} → {target}, {name}")
            results = await _translate(ours, [line.side(source) for line in chosen], source, target)
            rows = [
                (result.text, by_hand, line.side(target), line.side(source))
                for result, by_hand, line in zip(results, raw[source, target][name], chosen, strict=True)
            ]
            single = [row for row in rows if not SEVERAL.search(row[3])]
            found[f"{source}>{target} {name}"] = (
                _compared(rows)
                | _shares(results)
                | {"one_sentence": {"lines": len(single)} | _compared(single)}
            )
    return found


def _compared(rows: Sequence[tuple[str, str, str, str]]) -> Report:
    ours, by_hand, references, _ = zip(*rows, strict=True)
    return compare(ours, by_hand, references)


async def _translate(ours: Translator, texts: Sequence[str], source: str, target: str) -> list[Translation]:
    return await asyncio.gather(
        *(ours.translate(text, source=source, target=target, lane="bulk") for text in texts)
    )


def _shares(results: Sequence[Translation]) -> Report:
    number = len(results)
    return {
        "flagged_percent": round(100 * sum(bool(result.flags) for result in results) / number, 1),
        "without_engine_percent": round(100 * sum(result.engine == "none" for result in results) / number, 1),
    }
