"""When two texts have the same wording: the keys under which units are found."""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections.abc import Sequence

from translation.facts import find
from translation.model import Fact
from translation.wording import clean

# Ends of sentences in the languages served. A question mark is part of the wording: "Está aberto?" is not "Está
# aberto." in other letters.
_ENDS = " .。!,、。।॥။៕។…"
_OPENINGS = " ¿¡"
_HINT = re.compile(r"[\d@]|://|www\.")
_SPACES = re.compile(r"\s+")
# What XML cannot carry and PostgreSQL does not take.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def storable(text: str) -> str:
    """`text` without characters that no file and no database holds, and without white space at its ends."""
    return _IMPOSSIBLE.sub("", text).strip()


def key_of(text: str) -> str:
    """The exact wording: without width, case, invisible marks, runs of white space and the end's punctuation."""
    return _trim(_fold(text))


def digest_of(text: str) -> str:
    """The exact wording as 64 hexadecimal digits, for an index of a database."""
    return hashlib.sha256(key_of(text).encode()).hexdigest()


def may_have_facts(text: str) -> bool:
    """Could there be a fact worth masking? Those without a digit ("noon", 三月) match by their words only."""
    return _HINT.search(text) is not None


@functools.lru_cache(maxsize=512)
def masked_key(text: str, language: str) -> str:
    """The wording with every fact replaced by its kind. Equal keys have the same kinds of facts in the same order."""
    parts = []
    at = 0
    for fact in find(text, language):
        parts += [_fold(text[at : fact.start]).strip(), f"\x00{shape_of(fact)}\x00"]
        at = fact.end
    parts.append(_fold(text[at:]).strip())
    return _trim("".join(parts))


def shape_of(fact: Fact) -> str:
    """The kind of a fact, as far as the words around it depend on it: a day and a month are both dates, but "on" goes
    with the one and "in" with the other."""
    if fact.kind == "date":
        return "weekday" if fact.value.startswith("w") else "date" + re.sub(r"\d+", "0", fact.value)
    if fact.kind == "price":
        return "price" + fact.value[:3]
    if fact.kind == "number" and fact.value.endswith("%"):
        return "percent"
    return fact.kind


def values_of(facts: Sequence[Fact]) -> tuple[str, ...]:
    """What the facts say, in order."""
    return tuple(fact.value for fact in facts)


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKC", clean(text)).casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFKC", folded)  # folding case may take letters and accents apart
    return _SPACES.sub(" ", folded)


def _trim(folded: str) -> str:
    text = folded.strip().lstrip(_OPENINGS)
    ended = text.rstrip(_ENDS + "?")
    return ended + "?" if "?" in text[len(ended) :] else ended
