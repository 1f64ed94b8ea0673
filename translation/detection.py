"""Which language a short text is in: first the script, then statistics among the languages served."""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from translation.languages import languages
from translation.model import Detection
from translation.splitting import EMOJI

# Scripts that only one served language uses.
_ONLY = {
    "hiragana": "ja", "katakana": "ja", "hangul": "ko", "thai": "th", "myanmar": "my", "khmer": "km",
    "sinhala": "si", "bengali": "bn",
}  # fmt: skip
_RANGES = (
    ("hiragana", 0x3041, 0x309F), ("katakana", 0x30A0, 0x30FF), ("katakana", 0xFF66, 0xFF9D),
    ("hangul", 0xAC00, 0xD7AF),
    ("hangul", 0x1100, 0x11FF), ("hangul", 0x3130, 0x318F), ("thai", 0x0E00, 0x0E7F), ("myanmar", 0x1000, 0x109F),
    ("khmer", 0x1780, 0x17FF), ("sinhala", 0x0D80, 0x0DFF), ("bengali", 0x0980, 0x09FF), ("devanagari", 0x0900, 0x097F),
    ("cyrillic", 0x0400, 0x04FF), ("han", 0x3400, 0x9FFF), ("han", 0x3005, 0x3007), ("latin", 0x41, 0x5A),
    ("latin", 0x61, 0x7A), ("latin", 0xC0, 0x24F), ("latin", 0x1E00, 0x1EFF),
)  # fmt: skip
_LINGUA = {
    "ENGLISH": "en", "PORTUGUESE": "pt-BR", "SPANISH": "es", "VIETNAMESE": "vi", "TAGALOG": "tl", "INDONESIAN": "id",
    "FRENCH": "fr", "TURKISH": "tr", "RUSSIAN": "ru", "UKRAINIAN": "uk", "MONGOLIAN": "mn",
}  # fmt: skip
_CYRILLIC = ("ru", "uk", "mn")
_LATIN = ("en", "pt-BR", "es", "vi", "tl", "id", "fr", "tr")
# Nothing in these says which language a person writes: addresses, numbers, codes, "ok", names of services.
_NEUTRAL = re.compile(
    rf"https?://\S+|www\.\S+|\S+@\S+\.\S+|{EMOJI}"
    r"|\b(?:ok|okay|okey|oki|line|qr|pdf|id|wi-?fi|sms|app|e-?mail|tel|www|lol|(?:ha){2,}h?|(?:he){2,}|k{3,}|wow|hm+|ah+|oh+)\b"
    r"|\b[\w.-]*\d[\w.-]*\b",
    re.IGNORECASE,
)
# Words of addresses in Japan as foreigners write them.
_ADDRESS = re.compile(r"\b[\w-]+-(?:shi|ku|cho|machi|ken|fu|to|gun|son|mura|chome)\b", re.IGNORECASE)
_LONGEST = 400  # characters looked at; a language shows long before

UNSURE = 0.3  # confidence in a text that says nothing about its language
PRIOR_WEIGHT = 3.0  # how much likelier the person's own languages are


class Detector:
    """Fast (well under a millisecond once warm) and safe to call from the event loop; never raises on any text.

    The statistical model loads at the first Latin or Cyrillic text, or with `warm_up`.
    """

    def detect(self, text: str, *, prior: Sequence[str] = ()) -> Detection:
        """The language of `text`. `prior` are the person's own languages, likeliest first: they decide what the text
        leaves open, and are never contradicted by "ok", a number or an address."""
        prior = [tag for tag in prior if tag in languages()]
        bare = _ADDRESS.sub(" ", _NEUTRAL.sub(" ", unicodedata.normalize("NFKC", text[:_LONGEST])))
        scripts = _count_scripts(bare)
        if not scripts:
            return _unsure(prior)
        if found := _by_script(scripts):
            return _ranked({found: 1.0}, prior)
        most = max(scripts, key=lambda script: scripts[script])
        if most == "han":
            return _ranked(_han(bare), prior)
        if most == "devanagari":
            return _ranked(_by_words(bare, ("ne", "hi"), {"ne": 0.5, "hi": 0.35}), prior)
        tags = _CYRILLIC if most == "cyrillic" else _LATIN
        return _ranked(_statistical(bare, tags), prior)

    def warm_up(self) -> None:
        """Load the statistical model now (about a second); call from a thread at start."""
        _lingua()


def _count_scripts(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for character in text:
        code = ord(character)
        for script, low, high in _RANGES:
            if low <= code <= high:
                counts[script] = counts.get(script, 0) + 1
                break
    return counts


def _by_script(scripts: Mapping[str, int]) -> str | None:
    """The language whose own script is used the most; kana decide for Japanese even among many Han or Latin letters."""
    own = {script: number for script, number in scripts.items() if script in _ONLY}
    if not own:
        return None
    script = max(own, key=lambda name: own[name])
    latin = scripts.get("latin", 0)
    return _ONLY[script] if own[script] + scripts.get("han", 0) >= 0.2 * latin else None


def _han(text: str) -> dict[str, float]:
    """Han characters without kana: simplified, traditional or Japanese forms, and words that only one of them has."""
    scores = {"ja": 0.4, "zh-Hans": 0.3, "zh-Hant": 0.3}
    for character in text:
        if not 0x3400 <= ord(character) <= 0x9FFF:
            continue
        simplified = _encodes(character, "gb2312")
        traditional = _encodes(character, "big5")
        japanese = _encodes(character, "shift_jis")
        if simplified and not traditional and not japanese:
            scores["zh-Hans"] += 2
        elif traditional and not simplified and not japanese:
            scores["zh-Hant"] += 2
        elif japanese and not simplified and not traditional:
            scores["ja"] += 2
        elif traditional and japanese and not simplified:
            scores["zh-Hant"] += 0.3
    words = _words()
    for tag in scores:
        scores[tag] += 1.5 * sum(1 for word in words.get(tag, ()) if word in text)
    total = sum(scores.values())
    return {tag: score / total for tag, score in scores.items()}


def _encodes(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _by_words(text: str, tags: Sequence[str], start: Mapping[str, float]) -> dict[str, float]:
    words = re.findall(r"[\w\u0900-\u097f]+", text)
    scores = {tag: start[tag] + 2 * sum(1 for word in words if word in _words()[tag]) for tag in tags}
    total = sum(scores.values())
    return {tag: score / total for tag, score in scores.items()}


def _statistical(text: str, tags: Sequence[str]) -> dict[str, float]:
    values = _lingua().compute_language_confidence_values(text)
    scores = {_LINGUA[value.language.name]: value.value for value in values}
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text.casefold())
    # A few frequent words weigh more than letter statistics can tell from five letters.
    for tag in tags:
        own = _words().get(tag, frozenset())
        hits = sum(1 for word in words if word in own)
        scores[tag] = (scores.get(tag, 0.0) + 0.02) * (1 + 6 * hits)
    total = sum(scores[tag] for tag in tags)
    return {tag: scores[tag] / total for tag in tags}


def _ranked(scores: Mapping[str, float], prior: Sequence[str]) -> Detection:
    weighed = {tag: score * (PRIOR_WEIGHT if tag in prior else 1.0) for tag, score in scores.items()}
    total = sum(weighed.values())
    ordered = sorted(
        ((tag, round(score / total, 3)) for tag, score in weighed.items()), key=lambda pair: -pair[1]
    )
    candidates = tuple(pair for pair in ordered if pair[1] >= 0.01)[:5]
    return Detection(language=candidates[0][0], confidence=candidates[0][1], candidates=candidates)


def _unsure(prior: Sequence[str]) -> Detection:
    tags = tuple(prior) or ("ja", "en")
    return Detection(language=tags[0], confidence=UNSURE, candidates=tuple((tag, UNSURE) for tag in tags))


@functools.cache
def _words() -> Mapping[str, frozenset[str]]:
    table = tomllib.loads((resources.files("translation") / "data" / "chat_words.toml").read_text("utf-8"))
    return {tag: frozenset(words.split()) for tag, words in table.items()}


@functools.cache
def _lingua() -> Any:
    """lingua's detector in low-accuracy mode, for the served languages only: all that it has take a gigabyte."""
    from lingua import Language, LanguageDetectorBuilder  # noqa: PLC0415 -- heavy, and not needed for most scripts

    served = [getattr(Language, name) for name in _LINGUA]
    return LanguageDetectorBuilder.from_languages(*served).with_low_accuracy_mode().build()
