"""Texts as they are compared: what people type in a hurry, without what makes no difference."""

from __future__ import annotations

import re
import unicodedata

_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")
_SPACES = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[.!?。！？।॥៕။…]+")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_LONG_MARKS = re.compile(r"[ー〜～]{2,}")
# An apostrophe inside a Ukrainian word or before an English ending joins, any other one separates (l'immeuble).
_JOINING = re.compile(r"(?<=[\u0400-\u04ff])'(?=[\u0400-\u04ff])|'(?=(?:t|s|m|d|re|ve|ll)\b)")
_JOINED = re.compile(r"(?<=[^\x00-\u052f\s]) +(?=[^\x00-\u052f\s])")
# Between letters of scripts with spaces and those without: 夫のDVで, 119番.
_UNSPACED = r"[\u0e00-\u1dff\u2e80-\uffff]"
_BESIDE = re.compile(rf"(?<=[^\W_])(?<!{_UNSPACED})(?={_UNSPACED})|(?<={_UNSPACED})(?=[^\W_])(?!{_UNSPACED})")
_OTHER_LETTERS = str.maketrans({"đ": "d", "ı": "i", "’": "'", "‘": "'", "´": "'", "`": "'", "ʼ": "'"})
_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_LAST_ACCENTED = 0x530  # after the Latin, Greek and Cyrillic letters


def fold(text: str) -> str:
    """`text` in lower case, one width, hiragana, single spaces, without invisible characters and without letters
    repeated for emphasis; accents are kept."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    folded = folded.translate(_OTHER_LETTERS).translate(_TO_HIRAGANA)
    folded = _JOINING.sub("", folded).replace("'", " ")
    folded = _LONG_MARKS.sub("ー", _REPEATED.sub(r"\1", folded))
    folded = _BESIDE.sub(" ", unicodedata.normalize("NFC", folded))
    return _SPACES.sub(" ", _BLANK_LINES.sub(" . ", folded)).strip()


def without_accents(folded: str) -> str:
    """Latin and Cyrillic letters without their marks; other scripts need theirs and keep them."""
    kept, accented = [], False
    for char in unicodedata.normalize("NFD", folded):
        if unicodedata.combining(char):
            if accented:
                continue
        else:
            accented = ord(char) < _LAST_ACCENTED
        kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


def joined(text: str) -> str:
    """`text` without the spaces between characters of scripts that do not need them."""
    return _JOINED.sub("", text)


def sentences(folded: str) -> list[str]:
    """The sentences of a folded text."""
    return [part.strip() for part in _SENTENCE_END.split(folded) if part.strip()]
