"""Cheap tests for the ways in which small models fail, and the confidence that follows from them."""

from __future__ import annotations

import functools
import math
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Mapping
from importlib import resources
from itertools import pairwise

from translation.detection import contradicts
from translation.languages import languages

# What each flag means, and the most confidence that is left when it is raised.
FLAGS = {
    "empty": 0.0,  # nothing came out
    "repeated": 0.3,  # the same words again and again
    "too_short": 0.3,  # part of the source is probably missing
    "too_long": 0.3,  # something was probably made up
    "copied": 0.3,  # the source came back untranslated
    "wrong_script": 0.3,  # not written in the target language's script
    "wrong_language": 0.3,  # another language of the same script
    "foreign_source": 0.3,  # the source is not in the language that it was translated from
    "furniture": 0.2,  # words of web pages that small models answer to anything
    "unknown_word": 0.3,  # a mark that the model uses for what it does not know
    "fact_lost": 0.3,  # a number, date, address … of the source is missing
    "fact_added": 0.5,  # a number, date … that the source does not have
    "fact_order": 0.4,  # times, dates or prices changed places
    "fact_moved": 0.6,  # a fact is there, but after the sentence instead of in its place
    "term_lost": 0.6,  # a word of the city's glossary is not there in the way that the glossary says it
    "term_forbidden": 0.5,  # a word stands there that the glossary forbids
    "low_confidence": 1.0,  # the estimate is below `SURE`
    "human_only": 1.0,  # asked for in a language that only people write; given in another
}
SURE = 0.35  # below this, "low_confidence" is raised: nine in ten such sentences are wrong in some way

_SCRIPTS = {
    "Jpan": re.compile(r"[\u3040-\u30ff\u3400-\u9fff]"),
    "Hans": re.compile(r"[\u3400-\u9fff]"),
    "Hant": re.compile(r"[\u3400-\u9fff]"),
    "Kore": re.compile(r"[\uac00-\ud7af]"),
    "Latn": re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "Cyrl": re.compile(r"[\u0400-\u04ff]"),
    "Deva": re.compile(r"[\u0900-\u097f]"),
    "Beng": re.compile(r"[\u0980-\u09ff]"),
    "Sinh": re.compile(r"[\u0d80-\u0dff]"),
    "Thai": re.compile(r"[\u0e00-\u0e7f]"),
    "Mymr": re.compile(r"[\u1000-\u109f]"),
    "Khmr": re.compile(r"[\u1780-\u17ff]"),
}
_THRICE = re.compile(r"(\w{2,40}?[\s、,。.]*)\1\1")
_TWICE = re.compile(r"([^\W\da-zà-ÿ]{4,60}|[^\W\d]{6,60}|\w[\w\s]{10,60}?\w)[\s、,と]*\1(?![一-龥])")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{4,}|([^\w\s])(?:\s?\2){7,}")
_SEPARATORS = " 、,。.と"
_FARTHEST = 80  # characters between the beginnings of two; the patterns take no longer ones
_NO_LETTERS = re.compile(r"[\W\d_]+")
# How models and their vocabularies write what they do not know, and bytes that make no character.
_UNKNOWN = re.compile("⁇|<unk>|\\[UNK\\]|<0x[0-9A-F]{2}>|\u2581|\ufffd|[\ue000-\uf8ff]")
_LONGER_WORD = re.compile(r"[^\W\d]{2,}")
_LATIN_WORD = re.compile(r"[a-z\u00c0-\u024f]+")
LEAST_OWN = 0.1  # of the letters of a source are in the script of its language
OWN_SCRIPT = 0.4  # of the letters are at least in the script of the language
MOST_COPIED = 4  # words of the source in a row, in small letters, that are no names


def examine(source_text: str, text: str, source: str, target: str) -> tuple[str, ...]:
    """The flags of one translated sentence, in the order of `FLAGS`."""
    if not any(map(str.isalnum, text)):
        return ("empty",) if any(map(str.isalnum, source_text)) else ()
    copied = _is_copied(source_text, text, source, target)
    raised = {
        "repeated": repeats(text) and not repeats(source_text),
        "copied": copied,
        "wrong_script": _is_wrong_script(source_text, text, target),
        "wrong_language": not copied and contradicts(text, target),
        "foreign_source": _is_foreign(source_text, source) and not _is_same(source_text, text),
        "furniture": _is_furniture(text, target) and not _is_furniture(source_text, source),
        "unknown_word": bool(_UNKNOWN.search(text)) and not _UNKNOWN.search(source_text),
        **_length_flags(source_text, text, source, target),
    }
    return tuple(flag for flag in FLAGS if raised.get(flag)) if any(raised.values()) else ()


def is_readable(text: str, language: str) -> bool:
    """Has it a letter of the script of the language, in half-width as well, or no letters at all?"""
    plain = unicodedata.normalize("NFKC", text)
    letters = any(map(str.isalpha, plain))
    return not letters or bool(_SCRIPTS[languages()[language].script].search(plain))


def repeats(text: str) -> bool:
    """Is something said three times in a row, or a long phrase twice, or one word far too often?"""
    compact = " ".join(text.casefold().split())
    if _stutters(compact) and (
        _THRICE.search(compact) or _TWICE.search(compact) or _DRAWN_OUT.search(compact)
    ):
        return True
    words = _LONGER_WORD.findall(compact)
    pairs = list(pairwise(words))
    if len(words) < 6 or len(pairs) - len(set(pairs)) < 2:  # none can be there three times
        return False
    return Counter(pairs).most_common(1)[0][1] >= max(3, len(words) / 4)


def _stutters(text: str) -> bool:
    """Does anything stand twice in a row, separators apart? So it is wherever one of the patterns above matches, and
    they need several times as long to find out."""
    if len({text[at : at + 4] for at in range(len(text) - 3)}) >= len(text) - 3:
        return False  # no four characters come again anywhere
    places: dict[str, list[int]] = {}
    for at in range(len(text) - 3):
        found = places.setdefault(text[at : at + 4], [])
        for before in reversed(found):
            if at - before > _FARTHEST:
                break
            if text.startswith(text[before:at].rstrip(_SEPARATORS), at):
                return True
        found.append(at)
    return False


def _is_copied(source_text: str, text: str, source: str, target: str) -> bool:
    before, after = source_text.casefold(), text.casefold()
    letters = _NO_LETTERS.sub("", after)
    if len(letters) < 4:
        return False
    if letters == _NO_LETTERS.sub("", before):
        # A single word may be a name, which is rightly the same.
        return languages()[source].script != languages()[target].script or len(text.split()) > 2
    there = set(text.split())
    if sum(1 for word in source_text.split() if word in there) < MOST_COPIED:
        return False
    return copied_words(source_text, text) >= MOST_COPIED


def _is_same(source_text: str, text: str) -> bool:
    return _NO_LETTERS.sub("", source_text.casefold()) == _NO_LETTERS.sub("", text.casefold())


def _is_foreign(text: str, language: str) -> bool:
    """Has the text letters, but hardly any in the script of its language, or is it clearly in another one?"""
    letters = sum(map(str.isalpha, text))
    own = len(_SCRIPTS[languages()[language].script].findall(text))
    return own < LEAST_OWN * letters or contradicts(text, language)


def copied_words(source_text: str, text: str) -> int:
    """The most words in a row that came over as they were. Names do: only words in small letters count."""
    words, longest, run = source_text.split(), 0, 0
    if not any(map(str.isascii, words)):
        return 0
    standing = f" {' '.join(text.split())} "
    for start in range(len(words)):
        run = max(run - 1, 0)
        while start + run < len(words) and f" {' '.join(words[start : start + run + 1])} " in standing:
            run += 1
        longest = max(
            longest, sum(1 for word in words[start : start + run] if word.islower() and word.isalpha())
        )
    return longest


def _is_wrong_script(source_text: str, text: str, target: str) -> bool:
    own = _SCRIPTS[languages()[target].script]
    inside = len(own.findall(text))
    letters = sum(map(str.isalpha, text))
    if letters < 4 or inside >= OWN_SCRIPT * letters:
        return False
    # Names and abbreviations of the source stay in Latin letters in every script.
    if languages()[target].script != "Latn":
        names = {*_LATIN_WORD.findall(source_text.casefold())}
        letters -= sum(len(word) for word in _LATIN_WORD.findall(text.casefold()) if word in names)
    return inside < OWN_SCRIPT * letters


def english_length(text: str, language: str) -> float:
    """About how many characters this would have in English."""
    return len(text.strip()) / _usual_length(language)


def length_ratio(source_text: str, text: str, source: str, target: str) -> float:
    """The natural logarithm of the length of `text` against what this pair of languages leads to expect; 0 is usual."""
    expected = len(source_text.strip()) * _usual_length(target) / _usual_length(source)
    return math.log((len(text.strip()) + 1) / (expected + 1))


def _length_flags(source_text: str, text: str, source: str, target: str) -> dict[str, bool]:
    spread = _lengths()["spread"]
    usual = _usual_length(target) / _usual_length(source)
    before, after = len(source_text.strip()), len(text.strip())
    # A few characters of grace: "はい" is "Yes, it is." and "Good morning" is "おはようございます".
    return {
        "too_short": after + 2 < spread["lowest"] * usual * (before - 4),
        "too_long": after > spread["highest"] * usual * (before + 4) + 8,
    }


def _usual_length(language: str) -> float:
    return _lengths()["length"][languages()[language].model_tag]


@functools.cache
def _lengths() -> Mapping[str, Mapping[str, float]]:
    return tomllib.loads((resources.files("translation") / "data" / "lengths.toml").read_text("utf-8"))


def _is_furniture(text: str, language: str) -> bool:
    bare = text.strip(" .。!！?？").casefold()
    return bare in _furniture().get(language, ()) or bare in _furniture()["en"]


@functools.cache
def _furniture() -> Mapping[str, frozenset[str]]:
    table = tomllib.loads((resources.files("translation") / "data" / "furniture.toml").read_text("utf-8"))
    return {tag: frozenset(word.casefold() for word in words) for tag, words in table.items()}
