"""2,000 municipal sentences for each pair: are the facts and terms there, or is the result flagged?"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.translate.bench import Bench, Report, say
from benchmarks.translate.independent import has_term, judge, terms_expected
from benchmarks.translate.municipal import Filled, fill
from benchmarks.translate.ours import open_ours
from translation.model import Translation

PAIRS = (
    ("ja", "en"),
    ("en", "ja"),
    ("en", "pt-BR"),
    ("pt-BR", "en"),
    ("ja", "pt-BR"),
)  # the last by way of English
EXAMPLES = 5  # of each kind of failure, so that it can be looked at
FACT_FLAGS = frozenset({"fact_lost", "fact_added", "fact_order", "fact_moved"})
TERM_FLAGS = frozenset({"term_lost", "term_forbidden"})


@dataclass(slots=True)
class Tally:
    """What was found for one pair."""

    counts: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def note(self, what: str, filled: Filled, result: Translation, detail: str = "") -> None:
        self.counts[what] += 1
        kept = self.examples.setdefault(what, [])
        if len(kept) < EXAMPLES:
            kept.append(
                {"source": filled.text, "text": result.text, "flags": " ".join(result.flags), "what": detail}
            )


async def measure(bench: Bench) -> Report:
    """Each pair in turn, as bulk work, with the city's glossary."""
    found: Report = {}
    async with open_ours(bench, glossary=True) as ours:
        for source, target in PAIRS:
            say(f"facts: {source} → {target}, {bench.facts} sentences")
            sentences = fill(source, bench.facts)
            results = await asyncio.gather(
                *(ours.translate(each.text, source=source, target=target, lane="bulk") for each in sentences)
            )
            found[f"{source}>{target}"] = _report(sentences, results)
    return found


def _report(sentences: Sequence[Filled], results: Sequence[Translation]) -> Report:
    tally = Tally()
    for filled, result in zip(sentences, results, strict=True):
        _count_facts(tally, filled, result)
        _count_terms(tally, filled, result)
        tally.flags.update(result.flags)
    counts, number = tally.counts, len(sentences)
    terms = counts["terms"] or 1
    return {
        "sentences": number,
        "facts": sum(len(filled.facts) for filled in sentences),
        "kept_percent": _percent(counts["kept"], number),
        "fact_flagged_percent": _percent(counts["fact_flagged"], number),
        "any_flag_percent": _percent(counts["any_flag"], number),
        "missing_but_flagged": counts["missing_but_flagged"],
        "lost_unflagged": counts["lost_unflagged"],
        "added_unflagged": counts["added_unflagged"],
        "leaked": counts["leaked"],
        "flagged_without_cause": counts["flagged_without_cause"],
        "terms": counts["terms"],
        "terms_right_percent": _percent(counts["term_right"], terms),
        "terms_flagged_percent": _percent(counts["term_flagged"], terms),
        "terms_wrong": counts["term_wrong"],
        "flags": dict(tally.flags.most_common()),
        "examples": tally.examples,
    }


def _count_facts(tally: Tally, filled: Filled, result: Translation) -> None:
    opinion = judge(filled.text, filled.facts, result.text, result.source, result.target)
    flags = FACT_FLAGS & set(result.flags)
    tally.counts["fact_flagged"] += bool(flags)
    tally.counts["any_flag"] += bool(result.flags)
    tally.counts["kept"] += not opinion.missing
    if opinion.missing:
        detail = "; ".join(f"{fact.kind} {fact.value}" for fact in opinion.missing)
        named = "fact_lost" in result.flags
        tally.note("missing_but_flagged" if named else "lost_unflagged", filled, result, detail)
    if opinion.added and "fact_added" not in result.flags and not opinion.missing:
        tally.note("added_unflagged", filled, result, " ".join(opinion.added))
    if opinion.leaked:
        tally.note("leaked", filled, result, " ".join(opinion.leaked))
    if flags & {"fact_lost", "fact_added"} and not opinion.missing and not opinion.added:
        tally.note("flagged_without_cause", filled, result)


def _count_terms(tally: Tally, filled: Filled, result: Translation) -> None:
    for key in terms_expected(filled.text, result.source, result.target):
        tally.counts["terms"] += 1
        if has_term(result.text, key, result.target):
            tally.counts["term_right"] += 1
        elif TERM_FLAGS & set(result.flags):
            tally.counts["term_flagged"] += 1
        else:
            tally.note("term_wrong", filled, result, key)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2)
