"""Cutting a sentence between its facts, for engines that keep one fact at a time.

図書館では15冊を2日間借りられます as 図書館では15冊を and 2日間借りられます: less fluent, but each fact stays in the
words to which it belongs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from translation.facts.template import Part, Slot, Template

# Best between clauses, then at a full stop or a colon. "No. 5" goes on.
_COMMA = re.compile(r"[、。，；：][)）]?\s*|(?<!\bNo)(?<!\bno)[,;:.!?]\s+")
_COLON = re.compile(r"[:：]\s*$")
_EDGES = " \u3000、，,;；:：。."
# Particles after which a Japanese reader takes a breath. の is none: what follows belongs to it.
_PARTICLE = "までに|まで|から|より|では|には|とは|は|を|に|で|が|と|へ|も"
_ENDS_IN_PARTICLE = re.compile(f"(?:{_PARTICLE})$")
_FIRST_PARTICLE = re.compile(f"^.{{0,12}}?(?:{_PARTICLE})")
_JOINING = {
    "en": ("and|but|so", "at|on|in|by|for|from|to|until|with"),
    "pt-BR": ("e|mas|então", "em|no|na|nos|nas|às?|das?|dos?|de|por|até|para|com"),
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence, and whether it ends with a colon."""

    template: Template
    colon: bool = False


def clauses(template: Template, language: str) -> tuple[Clause, ...]:
    """The parts of a sentence, in order, cut so that each has as few facts as its words allow. One part where nothing
    can be cut."""
    parts: list[list[Part]] = [[]]
    colons: list[bool] = []
    waiting = sum(isinstance(part, Slot) for part in template.parts)
    has_fact = False
    for part in template.parts:
        at = None
        if isinstance(part, Slot):
            has_fact, waiting = True, waiting - 1
        elif isinstance(part, str) and waiting:
            at = _cut(part, language, within=has_fact)
        if isinstance(part, str) and at is not None:
            parts[-1].append(part[:at])
            parts.append([part[at:]])
            colons.append(bool(_COLON.search(part[:at])))
            has_fact = False
        else:
            parts[-1].append(part)
    made = [_trimmed(each) for each in parts]
    return tuple(
        Clause(each, colon) for each, colon in zip(made, [*colons, False], strict=True) if each.parts
    )


def _cut(between: str, language: str, *, within: bool) -> int | None:
    """Where to cut the words before a fact; `within` where a fact stands before them as well."""
    commas = [match.end() for match in _COMMA.finditer(between)]
    if commas and (within or _COLON.search(between[: commas[-1]])):
        return commas[-1]
    if not within:
        return None
    if language == "ja":
        if _ENDS_IN_PARTICLE.search(between):
            return len(between)
        first = _FIRST_PARTICLE.match(between)
        return first.end() if first else None
    return next(_last_joining(between, language), None)


def _last_joining(between: str, language: str) -> Iterator[int]:
    """The beginnings of the last word that joins, conjunctions before prepositions."""
    for words in _JOINING.get(language, ()):
        found = [match.start() for match in re.finditer(rf"(?<=\s)(?:{words})\b", between)]
        yield from found[-1:]


def _trimmed(parts: list[Part]) -> Template:
    kept = list(parts)
    if kept and isinstance(kept[0], str):
        kept[0] = kept[0].lstrip(_EDGES)
    return Template(tuple(part for part in _without_tail(kept) if part != ""))


def _without_tail(parts: list[Part]) -> list[Part]:
    """Without a comma or colon at the end; a full stop may stay."""
    if parts and isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip(" \u3000、，,;；:：")
    return parts
