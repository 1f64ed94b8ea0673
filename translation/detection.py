"""Which language a short text is in: first the script, then statistics among the languages served."""

from __future__ import annotations

import functools
import math
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
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
_DENSITY = {"han": 3}  # Latin letters that say as much as one character
_LINGUA = {
    "ENGLISH": "en", "PORTUGUESE": "pt-BR", "SPANISH": "es", "VIETNAMESE": "vi", "TAGALOG": "tl", "INDONESIAN": "id",
    "FRENCH": "fr", "TURKISH": "tr", "RUSSIAN": "ru", "UKRAINIAN": "uk", "MONGOLIAN": "mn",
}  # fmt: skip
_CYRILLIC = ("ru", "uk", "mn")
_HAN = ("ja", "zh-Hans", "zh-Hant")
_LATIN = ("en", "pt-BR", "es", "vi", "tl", "id", "fr", "tr")
# Nothing in these says which language a person writes: addresses, numbers, codes, "ok", names of services.
_NEUTRAL = re.compile(
    rf"https?://\S+|www\.\S+|\S+@\S+\.\S+|{EMOJI}"
    r"|(?<![a-z\u00c0-\u024f\u0400-\u04ff])(?:ok|okay|okey|oki|line|qr|pdf|id|ip|wi-?fi|sms|app|e-?mail|tel|www|lol|(?:ha){2,}h?|(?:he){2,}|(?:ja){2,}"
    r"|(?:rs){2,}|k{3,}|wow|hm+|ah+|oh+)(?![a-z\u00c0-\u024f\u0400-\u04ff])"
    r"|[a-z0-9._-]*\d[a-z0-9._-]*",
    re.IGNORECASE,
)
# Words of addresses in Japan as foreigners write them.
_ADDRESS = re.compile(r"\b[\w-]+-(?:shi|ku|cho|machi|ken|fu|to|gun|son|mura|chome)\b", re.IGNORECASE)
# A name of a Japanese place in Chinese characters and nothing else.
_PLACE = re.compile(
    r"\s*(?:[\u3005\u3400-\u9fff]{1,6}?[都道府県市区町村郡]|[一二三四五六七八九十百]*(?:丁目|番地?|号)|[\s\d-]+)+\s*"
)
# Encodings, and the lead bytes of the characters that each of the standards puts first because they are frequent.
_CHARACTER_SETS = {
    "ja": ("shift_jis", (0x88, 0x97)),
    "zh-Hans": ("gb2312", (0xB0, 0xD7)),
    "zh-Hant": ("big5", (0xA4, 0xC6)),
}
_WITHIN_NAMES = frozenset(
    {"da", "de", "do", "das", "dos", "del", "dela", "la", "van", "von", "bin", "binti", "y", "e"}
)
_WORD = re.compile(r"[^\W\d_]+'?")
_KANA = re.compile("[\u3041-\u30ff\uff66-\uff9d]")
_CYRILLIC_LETTER = re.compile("[\u0400-\u04ff]")
# Letters, or pairs of letters, that mark a language, and how large a share of its letters they are.
_OWN_LETTERS = {
    "ru": (re.compile("[ыэъё]"), 0.025),
    "uk": (re.compile("[іїєґ]"), 0.075),
    "mn": (re.compile("[өү]|аа|ээ|оо|уу|ий"), 0.12),
}
_HINDI_LETTERS = re.compile("[\u0958-\u095f]|[\u0915-\u0939]\u093c")
_ENDINGS = {
    "ne": re.compile("(?:[छ]|छु|छन्|छौ|छौं|यो|एको|नुस्|नुहोस्|बाट|हरू|लाई|को|ले|मा|सँग|सम्म|औं|ौंला|ेन|िनँ|एँ)$"),
    "hi": re.compile("(?:ता|ती|ते|ना|ूँगा|ूंगा|ेंगे|ेगा|ेगी|िए|िये|कर|ीं|ओं|ों)$"),
}
_LONGEST = 400  # characters looked at; a language shows long before

ROMANISED = "romanised"  # in the tables: another script's language in Latin letters
LETTERS_WEIGHT = 0.5  # power of the letter statistics, which are too sure of themselves on short texts
WORDS_WEIGHT = 2.0  # of one known word, in natural logarithms
LEAST = 0.01  # probability that letters leave to a language that they speak against
HAN_SURE = 0.6  # below this, Chinese characters may be a name; they do not contradict a person's own language
CONTRADICTING_WORDS = 2.5  # known words of another language more than of its own mean the same
CONTRADICTED = 0.02  # a share this small means that a text is in another language
LETTERS_ONLY = 0.45  # the most confidence in a text without one known word
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
        most = max(scripts, key=lambda script: scripts[script] * _DENSITY.get(script, 1))
        if most == "han":
            shares = _han(bare)
            if prior and _PLACE.fullmatch(bare):
                return _unsure(prior)
            return _weighed(shares, max(shares.values()) >= HAN_SURE, prior)
        if most == "devanagari":
            return _weighed(*_devanagari(bare), prior)
        if prior and (_is_borrowed(bare) or _is_name(bare)):
            return _unsure(prior)
        return _weighed(*_statistical(bare, _CYRILLIC if most == "cyrillic" else _LATIN), prior)

    def warm_up(self) -> None:
        """Load the statistical model now (about a second); call from a thread at start."""
        _lingua()


def contradicts(text: str, tag: str) -> bool:
    """Is `text` long enough to tell, and clearly in another served language of the same script than `tag`?

    Asks frequent words and characters only, so it takes microseconds and loads nothing.
    """
    bare = text[:_LONGEST]
    if tag in _HAN:
        return _contradicts_han(bare, tag)
    rivals = _rivals(tag)
    words = {*_WORD.findall(bare.casefold().replace("’", "'"))}
    if not rivals or len(words) < 4:
        return False
    if "ne" in rivals:
        shares, telling = _devanagari(bare)
        return telling and shares[tag] < CONTRADICTED
    if len(words & _strangers(tag)) < CONTRADICTING_WORDS:  # none counts for more than one
        return False
    hits = _count_hits(words, rivals)
    return max(hits.values()) - hits[tag] >= CONTRADICTING_WORDS


@functools.cache
def _rivals(tag: str) -> tuple[str, ...]:
    """The languages of the same script, its own among them."""
    return next((group for group in (_LATIN, _CYRILLIC, ("ne", "hi")) if tag in group), ())


@functools.cache
def _strangers(tag: str) -> frozenset[str]:
    """The words that speak for a rival."""
    others = {*_rivals(tag), ROMANISED} - {tag}
    return frozenset(word for word, weights in _weights().items() if not others.isdisjoint(weights))


def _contradicts_han(text: str, tag: str) -> bool:
    if tag == "ja" and _KANA.search(text):
        return False
    scripts = _count_scripts(text)
    kana = scripts.get("hiragana", 0) + scripts.get("katakana", 0)
    han = scripts.get("han", 0)
    if han + kana < 8:
        return False
    if tag != "ja" and kana > 2:
        return kana >= 0.2 * (kana + han)
    return not kana and _han(text)[tag] < CONTRADICTED


def _count_hits(words: Iterable[str], tags: Sequence[str]) -> dict[str, float]:
    hits = dict.fromkeys((*tags, ROMANISED), 0.0)
    for word in words:
        for tag, weight in _weights().get(word, {}).items():
            if tag in hits:
                hits[tag] += weight
    return hits


def _count_scripts(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for character in text:
        if script := _script(character):
            counts[script] = counts.get(script, 0) + 1
    return counts


@functools.lru_cache(8192)
def _script(character: str) -> str:
    """The script of a letter; empty for what is none."""
    code = ord(character)
    return next((script for script, low, high in _RANGES if low <= code <= high), "")


def _by_script(scripts: Mapping[str, int]) -> str | None:
    """The language whose own script is used the most; kana decide for Japanese even among many Han or Latin letters."""
    own = {script: number for script, number in scripts.items() if script in _ONLY}
    if not own:
        return None
    script = max(own, key=lambda name: own[name])
    latin = scripts.get("latin", 0)
    return _ONLY[script] if own[script] + scripts.get("han", 0) >= 0.2 * latin else None


def _han(text: str) -> dict[str, float]:
    """Han characters without kana: which of them each language commonly writes, and words that only one of them has."""
    scores = {"ja": 0.3, "zh-Hans": 0.0, "zh-Hant": 0.0}
    for character in text:
        if 0x3400 <= ord(character) <= 0x9FFF:
            for tag, (encoding, common) in _CHARACTER_SETS.items():
                scores[tag] += _familiarity(character, encoding, common)
    for tag in scores:
        scores[tag] += 1.5 * sum(1 for word in _words()[tag] if word in text)
    highest = max(scores.values())
    return _shares({tag: math.exp(score - highest) for tag, score in scores.items()})


def _familiarity(character: str, encoding: str, common: tuple[int, int]) -> float:
    """0 for a character of the first, everyday level of a national character set; less for others."""
    try:
        lead = character.encode(encoding)[0]
    except UnicodeEncodeError:
        return -2.0
    return 0.0 if common[0] <= lead <= common[1] else -0.8


def _devanagari(text: str) -> tuple[dict[str, float], bool]:
    """Nepali or Hindi: by words, by endings, and by letters with a dot below, which only Hindi has."""
    words = re.findall(r"[\u0900-\u097f]+", text)
    # More people from Nepal than from India live in Japan's cities.
    scores = {"ne": 0.4, "hi": 2.0 * len(_HINDI_LETTERS.findall(text))}
    for word in words:
        for tag, endings in _ENDINGS.items():
            scores[tag] += 2.0 if word in _words()[tag] else 1.0 if endings.search(word) else 0.0
    highest = max(scores.values())
    return _shares({tag: math.exp(score - highest) for tag, score in scores.items()}), highest > 1


def _statistical(text: str, tags: Sequence[str]) -> tuple[dict[str, float], bool]:
    """Shares of the languages, and whether words speak for the first one or only letters do."""
    values = _lingua().compute_language_confidence_values(text)
    letters = {_LINGUA[value.language.name]: value.value for value in values}
    words = _WORD.findall(text.casefold().replace("’", "'"))
    hits = _count_hits(words, tags)
    if "es" in tags and re.search("[¿¡]", text):
        hits["es"] += 1
    if tags is _CYRILLIC:
        letters = _by_missing_letters(letters, text.casefold())
    scores = {
        tag: (letters.get(tag, 0.0) + LEAST) ** LETTERS_WEIGHT * math.exp(WORDS_WEIGHT * hits[tag])
        for tag in tags
    }
    if hits[ROMANISED] > 0:
        scores[ROMANISED] = 0.3 * math.exp(WORDS_WEIGHT * hits[ROMANISED])
    best = max(scores, key=lambda tag: scores[tag])
    number = sum(len(word) for word in words)
    spelled = letters.get(best, 0.0) >= 0.9 and len(words) >= 3 and number >= 15 and not text.istitle()
    return _shares(scores), hits[best] >= 0.5 or spelled


def _by_missing_letters(letters: Mapping[str, float], text: str) -> dict[str, float]:
    """Every tenth letter or so of Ukrainian and Mongolian is one that Russian does not have."""
    number = len(_CYRILLIC_LETTER.findall(text))
    return {
        tag: letters.get(tag, 0.0) * (1.0 if own.search(text) else (1 - share) ** number)
        for tag, (own, share) in _OWN_LETTERS.items()
    }


def _shares(scores: Mapping[str, float]) -> dict[str, float]:
    total = sum(scores.values())
    return {tag: score / total for tag, score in scores.items()}


def _ranked(scores: Mapping[str, float], prior: Sequence[str]) -> Detection:
    weighed = {tag: score * (PRIOR_WEIGHT if tag in prior else 1.0) for tag, score in scores.items()}
    total = sum(weighed.values())
    ordered = sorted(
        ((tag, round(score / total, 3)) for tag, score in weighed.items()), key=lambda pair: -pair[1]
    )
    candidates = tuple(pair for pair in ordered if pair[1] >= 0.01)[:5]
    return Detection(language=candidates[0][0], confidence=candidates[0][1], candidates=candidates)


def _weighed(scores: Mapping[str, float], by_words: bool, prior: Sequence[str]) -> Detection:
    """As `_ranked`, but letters alone never contradict a person's own language, and are never certain."""
    found = _ranked({tag: score for tag, score in scores.items() if tag != ROMANISED}, prior)
    if max(scores, key=lambda tag: scores[tag]) == ROMANISED or (not by_words and prior):
        own = found.language in prior
        return _unsure((found.language,)) if own or not prior else _unsure(prior)
    if by_words:
        return found
    candidates = tuple((tag, min(score, LETTERS_ONLY)) for tag, score in found.candidates)
    return Detection(language=found.language, confidence=candidates[0][1], candidates=candidates)


def _unsure(prior: Sequence[str]) -> Detection:
    tags = tuple(prior) or ("ja", "en")
    return Detection(language=tags[0], confidence=UNSURE, candidates=tuple((tag, UNSURE) for tag in tags))


@functools.cache
def _words() -> Mapping[str, frozenset[str]]:
    table = tomllib.loads((resources.files("translation") / "data" / "chat_words.toml").read_text("utf-8"))
    return {tag: frozenset(words.split()) for tag, words in table.items()}


@functools.cache
def _weights() -> Mapping[str, Mapping[str, float]]:
    """How much a word speaks for each language: 1 for a word of one language, less for one that several have."""
    found: dict[str, dict[str, float]] = {}
    for tag in (*_LATIN, *_CYRILLIC, ROMANISED):
        for word in _words()[tag]:
            found.setdefault(word, {})[tag] = 1.0
    for tag in _LATIN:
        for word in _words()[tag]:
            if (bare := _without_accents(word)) != word and len(bare) > 1:
                # Vietnamese without accents looks like anything; four such words are worth two.
                found.setdefault(bare, {}).setdefault(tag, 0.5 if tag == "vi" else 0.8)
    return {word: {tag: weight / len(tags) for tag, weight in tags.items()} for word, tags in found.items()}


def _without_accents(word: str) -> str:
    plain = unicodedata.normalize("NFD", word.replace("đ", "d").replace("ı", "i"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _is_name(text: str) -> bool:
    """Is it two to five words with capital letters, but for those that stand within names?"""
    words = [word for word in text.split() if word not in _WITHIN_NAMES]
    return 2 <= len(words) <= 5 and all(word.istitle() for word in words)


def _is_borrowed(text: str) -> bool:
    words = _WORD.findall(text.casefold())
    return all(word in _words()["borrowed"] for word in words)


@functools.cache
def _lingua() -> Any:
    """lingua's detector in low-accuracy mode, for the served languages only: all that it has take a gigabyte."""
    from lingua import Language, LanguageDetectorBuilder  # noqa: PLC0415 -- heavy, and not needed for most scripts

    served = [getattr(Language, name) for name in _LINGUA]
    return LanguageDetectorBuilder.from_languages(*served).with_low_accuracy_mode().build()
