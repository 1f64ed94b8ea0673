"""Cheap tests for the ways in which small models fail, and the confidence that follows from them."""

from __future__ import annotations

import functools
import math
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from importlib import resources

from translation.languages import languages

# What each flag means, and how much confidence is left when it is raised.
FLAGS = {
    "empty": 0.0,  # nothing came out
    "repeated": 0.3,  # the same words again and again
    "too_short": 0.5,  # part of the source is probably missing
    "too_long": 0.5,  # something was probably made up
    "copied": 0.4,  # the source came back untranslated
    "wrong_script": 0.3,  # not written in the target language's script
    "furniture": 0.2,  # words of web pages that small models answer to anything
    "unknown_word": 0.5,  # a mark that the model uses for what it does not know
    "fact_lost": 0.3,  # a number, date, address … of the source is missing
    "fact_added": 0.5,  # a number, date … that the source does not have
    "fact_order": 0.4,  # times, dates or prices changed places
    "fact_moved": 0.6,  # a fact is there, but after the sentence instead of in its place
    "low_confidence": 1.0,  # the model itself was unsure
    "human_only": 1.0,  # asked for in a language that only people write; given in another
}
SURE = 0.45  # below this, "low_confidence" is raised

# Target characters for one source character, measured on the parallel corpus (0.5 and 99.5 percentile)
# and widened by a third. "Wide" scripts say in one character what others say in two or three.
_WIDE = frozenset({"Jpan", "Hans", "Hant", "Kore"})
_RATIOS = {
    (False, False): (0.35, 2.8),
    (True, False): (0.9, 6.5),
    (False, True): (0.16, 1.3),
    (True, True): (0.35, 2.8),
}
_SCRIPTS = {
    "Jpan": r"[\u3040-\u30ff\u3400-\u9fff]",
    "Hans": r"[\u3400-\u9fff]",
    "Hant": r"[\u3400-\u9fff]",
    "Kore": r"[\uac00-\ud7af]",
    "Latn": r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]",
    "Cyrl": r"[\u0400-\u04ff]",
    "Deva": r"[\u0900-\u097f]",
    "Beng": r"[\u0980-\u09ff]",
    "Sinh": r"[\u0d80-\u0dff]",
    "Thai": r"[\u0e00-\u0e7f]",
    "Mymr": r"[\u1000-\u109f]",
    "Khmr": r"[\u1780-\u17ff]",
}


def examine(source_text: str, text: str, source: str, target: str) -> tuple[str, ...]:
    """The flags of one translated sentence, in the order of `FLAGS`."""
    if not any(character.isalnum() for character in text):
        return ("empty",) if any(character.isalnum() for character in source_text) else ()
    raised = {
        "repeated": repeats(text) and not repeats(source_text),
        "copied": _is_copied(source_text, text, source, target),
        "wrong_script": _is_wrong_script(text, target),
        "furniture": text.strip(" .。!！").casefold() in _furniture(),
        "unknown_word": "⁇" in text or "<unk>" in text or "\ufffd" in text,
        **_length_flags(source_text, text, source, target),
    }
    return tuple(flag for flag in FLAGS if raised.get(flag))


def repeats(text: str) -> bool:
    """Is something said three times in a row, or a long phrase twice, or one word far too often?"""
    compact = re.sub(r"\s+", " ", text.casefold())
    if re.search(r"(\w{2,40}?[\s、,。.]*)\1\1", compact) or re.search(
        r"([^\W\da-zà-ÿ]{4,60}|[^\W\d]{6,60}|\w[\w\s]{10,60}?\w)[\s、,と]*\1", compact
    ):
        return True
    if re.search(r"([^\W\d_])\1{4,}|([^\w\s])\2{7,}", compact):
        return True
    words = re.findall(r"[^\W\d]{2,}", compact)
    if len(words) >= 6:
        pairs = Counter(zip(words, words[1:], strict=False))
        return pairs.most_common(1)[0][1] >= 3
    return False


def _is_copied(source_text: str, text: str, source: str, target: str) -> bool:
    letters = re.sub(r"[\W\d_]+", "", text.casefold())
    if len(letters) < 4 or letters != re.sub(r"[\W\d_]+", "", source_text.casefold()):
        return False
    # A single word may be a name, which is rightly the same.
    return languages()[source].script != languages()[target].script or len(text.split()) > 2


def _is_wrong_script(text: str, target: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    own = re.compile(_SCRIPTS[languages()[target].script])
    inside = sum(1 for character in letters if own.match(character))
    # Japanese and others write foreign names and abbreviations in Latin letters, so one such word is fine.
    return len(letters) >= 4 and inside < 0.4 * len(letters)


def _length_flags(source_text: str, text: str, source: str, target: str) -> dict[str, bool]:
    wide = languages()[source].script in _WIDE, languages()[target].script in _WIDE
    lowest, highest = _RATIOS[wide]
    before, after = len(source_text.strip()), len(text.strip())
    # A few characters of grace: "はい" is "Yes, it is." and "Good morning" is "おはようございます".
    return {
        "too_short": after + 2 < lowest * (before - 4),
        "too_long": after > highest * (before + 4) + 8,
    }


@functools.cache
def _furniture() -> frozenset[str]:
    table = tomllib.loads((resources.files("translation") / "data" / "furniture.toml").read_text("utf-8"))
    return frozenset(word.casefold() for words in table.values() for word in words)


def confidence_of(score: float | None, prior: float, flags: Sequence[str]) -> float:
    """0..1 for one sentence: the mean probability of its tokens where the engine gives one, else `prior`, the
    engine's usual quality; lowered by each flag."""
    confidence = prior if score is None else math.exp(min(score, 0.0))
    for flag in flags:
        confidence *= FLAGS[flag]
    return confidence
