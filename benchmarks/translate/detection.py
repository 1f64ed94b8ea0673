"""Is the language of short chat phrases named right, and how long does that take?"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from benchmarks.translate.bench import ROOT, Bench, NotMeasured, Report
from benchmarks.translate.figures import milliseconds
from translation.detection import Detector

PHRASES = ROOT / "tests" / "translation" / "data" / "phrases_heldout.tsv"
# Nobody changes languages by saying one of these: each must give the language that the person has.
UNDECIDED = (
    "ok", "OK", "Ok!", "ok ok", "👍", "12", "090-1234-5678", "2026/3/31", "10:30", "https://www.city.example.jp/",
    "info@example.jp", "3-12-5 Aoba, Yokohama", "Av. Paulista 1000", "¥1,200", "!!!", "?", "No. 3", "A-12",
)  # fmt: skip
PRIORS = ("en", "pt-BR", "vi", "ja", "zh-Hans", "ne", "my", "ru")


def read_phrases(path: Path = PHRASES) -> list[tuple[str, str]]:
    """Language tag and phrase of each line. Raises `NotMeasured`."""
    if not path.exists():
        raise NotMeasured(f"There are no phrases at {path}.")
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [(row[0], row[1]) for row in rows if len(row) >= 2]


async def measure(bench: Bench) -> Report:
    """Without a prior, with the person's own language as prior, and on texts that decide nothing."""
    detector = Detector()
    detector.warm_up()
    phrases = read_phrases()
    right, with_prior, spent = 0, 0, []
    wrong: Counter[str] = Counter()
    missed = []
    for tag, text in phrases:
        began = time.perf_counter()
        found = detector.detect(text).language
        spent.append(time.perf_counter() - began)
        right += found == tag
        with_prior += detector.detect(text, prior=[tag]).language == tag
        if found != tag:
            wrong[f"{tag}>{found}"] += 1
            missed.append({"language": tag, "found": found, "text": text})
    switched = [
        {"prior": prior, "text": text}
        for prior in PRIORS
        for text in UNDECIDED
        if detector.detect(text, prior=[prior]).language != prior
    ]
    return {
        "phrases": len(phrases),
        "languages": len({tag for tag, _ in phrases}),
        "right_percent": round(100 * right / len(phrases), 2),
        "right_with_prior_percent": round(100 * with_prior / len(phrases), 2),
        "milliseconds": milliseconds(spent),
        "mixed_up": dict(wrong.most_common()),
        "missed": missed,
        "undecided": len(PRIORS) * len(UNDECIDED),
        "switched": switched,
    }
