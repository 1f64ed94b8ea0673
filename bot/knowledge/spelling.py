"""What two spellings of one word have in common.

A resident may write 住民票, じゅうみんひょう, ジュウミンヒョウ, juminhyo or jyuuminhyou, and फोहोर or fohor. Words are
compared by character n-grams in up to three spellings at once: as they are written, Japanese by its sound (kana),
and Japanese and Nepali in Latin letters as people type them without rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

_WORDS = re.compile(r"[\w\u0900-\u097f]+")  # the vowel signs of Devanagari are no \w
_HAN = "\u3005\u3006\u30f6\u3400-\u4dbf\u4e00-\u9fff"
_EAST = "\u3005-\u30ff\u3400-\u9fff"  # kana and kanji
_HANGUL = "\uac00-\ud7af"
_DEVANAGARI = "\u0900-\u097f"
_EAST_RUN = re.compile(f"[{_EAST}]+")
_EAST_SPACE = re.compile(f"(?<=[{_EAST}])\\s+(?=[{_EAST}])")
_KANA_RUN = re.compile("[\u3041-\u309fー]+")
_HAS_HAN = re.compile(f"[{_HAN}]")
_READING = re.compile(f"([{_HAN}]+)[（(]([ぁ-ゖァ-ヺー]+)[）)]")
_FURIGANA = re.compile(f"(?<=[{_HAN}])\\([ぁ-ゖァ-ヺー]+\\)")
_HANGUL_RUN = re.compile(f"[{_HANGUL}]+")
_HANGUL_SPACE = re.compile(f"(?<=[{_HANGUL}])\\s+(?=[{_HANGUL}])")
_DEVANAGARI_RUN = re.compile(f"[{_DEVANAGARI}]+")
_OTHER = re.compile(f"[{_EAST}{_HANGUL}{_DEVANAGARI}]+")
_LATIN = re.compile("[a-z]+")

Grams = Counter[str]


def fold(text: str) -> str:
    """One width, lower case, no accents on Latin letters (nor the bar of đ), kana as hiragana, single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("đ", "d").replace("ı", "i")
    plain = []
    for char in unicodedata.normalize("NFD", folded):
        if (
            unicodedata.category(char) == "Mn"
            and char not in "\u3099\u309a"
            and not "\u0900" <= char <= "\u097f"
        ):
            continue
        plain.append(char)
    return " ".join(_WORDS.findall(unicodedata.normalize("NFC", _hiragana("".join(plain)))))


_KATAKANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


def _hiragana(text: str) -> str:
    return text.translate(_KATAKANA)


class Readings:
    """How kanji are read, learned from texts in Easy Japanese: 住所（じゅうしょ）."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        seen: dict[str, Counter[str]] = {}
        for text in texts:
            for kanji, reading in _READING.findall(text):
                seen.setdefault(kanji, Counter())[_hiragana(reading)] += 1
        self._table = {kanji: counts.most_common(1)[0][0] for kanji, counts in seen.items()}
        self._longest = max(map(len, self._table), default=0)

    def kana(self, text: str) -> str:
        """The text with known kanji as hiragana, the longest known word first."""
        spelled, at = [], 0
        while at < len(text):
            longest = min(self._longest, len(text) - at)
            size = next((size for size in range(longest, 0, -1) if text[at : at + size] in self._table), 0)
            spelled.append(self._table[text[at : at + size]] if size else text[at])
            at += size or 1
        return _hiragana("".join(spelled))


def grams(text: str, readings: Readings) -> Grams:
    """The n-grams of all spellings of `text`, with a letter in front that says which spelling."""
    return Counter(every_gram(text, readings))


def every_gram(text: str, readings: Readings) -> list[str]:
    """The same, each as often as it occurs."""
    found: list[str] = []
    folded = unicodedata.normalize("NFKC", text).casefold()
    for run in _EAST_RUN.findall(_FURIGANA.sub("", _EAST_SPACE.sub("", folded))):
        _add_east(found, run, readings)
    for run in _HANGUL_RUN.findall(_HANGUL_SPACE.sub("", folded)):
        _add(found, "", run, 2)
        _add(found, "j:", unicodedata.normalize("NFD", run), 5)  # letters of syllables: a typing error is one
    for run in _DEVANAGARI_RUN.findall(folded):
        _add(found, "n:", f"^{_typed(devanagari_in_latin(run))}$", 3, 4)
    for word in fold(_OTHER.sub(" ", folded)).split():
        _add(found, "", f"^{word}$", 3, 4, 5)
        if _LATIN.fullmatch(word):
            _add_romaji(found, _short(word))
            _add(found, "n:", f"^{_typed(word)}$", 3, 4)
    return found


def _add_east(found: list[str], run: str, readings: Readings) -> None:
    written = _hiragana(run)
    _add(found, "", written, 2)
    if len(written) < 3 and _HAS_HAN.search(written):
        _add(found, "", written, 1)
    for kana in _KANA_RUN.findall(readings.kana(run)):
        _add(found, "k:", kana, 3, 4)
        _add_romaji(found, romaji(kana))


def _add_romaji(found: list[str], word: str) -> None:
    if len(word) > 3:
        _add(found, "r:", word, 4, 5)


def _add(found: list[str], spelling: str, word: str, *sizes: int) -> None:
    for size in sizes:
        found += [spelling + word[at : at + size] for at in range(max(1, len(word) - size + 1))]


_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "g": "がぎぐげご", "s": "さしすせそ", "z": "ざじずぜぞ", "t": "たちつてと",
    "d": "だぢづでど", "n": "なにぬねの", "h": "はひふへほ", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ", "m": "まみむめも",
    "r": "らりるれろ",
}  # fmt: skip
_IRREGULAR = {
    "や": "ya", "ゆ": "yu", "よ": "yo", "わ": "wa", "を": "o", "ん": "n", "し": "shi", "ち": "chi", "つ": "tsu",
    "ふ": "fu", "じ": "ji", "ぢ": "ji", "づ": "zu", "ゔ": "vu", "ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o",
}  # fmt: skip
_GLIDES = {"ゃ": "a", "ゅ": "u", "ょ": "o"}


@cache
def _syllables() -> Mapping[str, str]:
    regular = {
        kana: consonant + vowel
        for consonant, row in _ROWS.items()
        for vowel, kana in zip("aiueo", row, strict=True)
    }
    return regular | _IRREGULAR


def romaji(kana: str) -> str:
    """Hiragana in Hepburn spelling without long vowels, as most people type it."""
    table, spelled = _syllables(), ""
    for at, char in enumerate(kana):
        if char in _GLIDES and spelled.endswith("i"):
            spelled = spelled[:-1]
            glide = "" if spelled.endswith(("sh", "ch", "j")) else "y"
            spelled += glide + _GLIDES[char]
        elif char == "っ":
            spelled += table.get(kana[at + 1 : at + 2], "")[:1]
        elif char != "ー":
            spelled += table.get(char, char)
    return _short(spelled)


_LONG = (
    ("ou", "o"), ("oo", "o"), ("uu", "u"), ("aa", "a"), ("ii", "i"), ("ee", "e"), ("jy", "j"), ("cch", "tch"),
    ("mb", "nb"), ("mp", "np"),
)  # fmt: skip


def _short(word: str) -> str:
    """Romaji in one of its spellings: juuminhyou, juminhyo."""
    for one, other in _LONG:
        word = word.replace(one, other)
    return word


_CONSONANTS = dict(
    zip(
        "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसह",
        [
            "k",
            "kh",
            "g",
            "gh",
            "n",
            "ch",
            "chh",
            "j",
            "jh",
            "n",
            "t",
            "th",
            "d",
            "dh",
            "n",
            "t",
            "th",
            "d",
            "dh",
            "n",
            "p",
            "ph",
            "b",
            "bh",
            "m",
            "y",
            "r",
            "l",
            "w",
            "sh",
            "sh",
            "s",
            "h",
        ],
        strict=True,
    )
)
_VOWELS = {
    "अ": "a", "आ": "aa", "इ": "i", "ई": "i", "उ": "u", "ऊ": "u", "ए": "e", "ऐ": "ai", "ओ": "o", "औ": "au",
    "ा": "aa", "ि": "i", "ी": "i", "ु": "u", "ू": "u", "े": "e", "ै": "ai", "ो": "o", "ौ": "au",
    "ं": "n", "ँ": "n", "ृ": "ri", "ः": "",
}  # fmt: skip
_SILENT = "्"  # no vowel after the consonant
_SIGNS = frozenset("ािीुूेैोौृ")


def devanagari_in_latin(word: str) -> str:
    """Devanagari letter by letter; the vowel that is not written is left out at the end, as it is in speech."""
    spelled = ""
    for at, char in enumerate(word):
        following = word[at + 1 : at + 2]
        if char in _CONSONANTS:
            spelled += _CONSONANTS[char]
            spelled += "a" if following and following not in _SIGNS and following != _SILENT else ""
        else:
            spelled += _VOWELS.get(char, "" if char in "़्" else char)
    return spelled


_TYPED = (
    ("chh", "ch"), ("ph", "f"), ("bh", "b"), ("dh", "d"), ("th", "t"), ("gh", "g"), ("kh", "k"), ("jh", "j"),
    ("sh", "s"), ("v", "w"), ("z", "j"), ("aa", "a"), ("ee", "i"), ("oo", "u"), ("x", "ch"),
)  # fmt: skip


def _typed(word: str) -> str:
    """Nepali in Latin letters in one of the many ways to type it: kasari, kasaree; garchha, garcha."""
    for one, other in _TYPED:
        word = word.replace(one, other)
    return word
