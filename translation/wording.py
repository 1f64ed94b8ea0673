"""Small repairs of wording before and after a model: what writers leave out and what models get wrong."""

from __future__ import annotations

import re

# Marks that steer the direction or the joining of letters; harmless to people, noise to models, and a way to hide
# text. Joiners between letters of Indic scripts and inside emoji are part of the spelling.
# Khmer and Thai writers put zero-width spaces between words; models do without.
_INVISIBLE = re.compile(
    "[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\u061c\u180e\u115f\u1160\u3164\uffa0\ufff9-\ufffb]"
    "|[\u200c\u200d](?![\u0900-\u0dff\u2600-\u27bf\U0001f300-\U0001faff])"
    # Tags hide whole sentences; they belong only behind a black flag, as in the flag of Wales.
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+"
)
# Control characters, and halves of characters, which no library takes.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
# An address is written as it is, also where a sentence begins.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|www\.|[^\s@]+@[^\s@]+\.")
_ENDS = {".": "。", "!": "！", "?": "？"}
# The full stop of each language that has another one; Thai has none.
_FULL_STOPS = {"hi": "।", "ne": "।", "bn": "।", "my": "။", "km": "។", "th": ""}
# Languages that write full-width punctuation and no spaces.
WIDE = frozenset({"ja", "zh-Hans", "zh-Hant"})
_MARKS = {"。": ".", "｡": ".", "।": ".", "။": ".", "។": ".", "៕": ".", "！": "!", "？": "?"}
_ENDING = re.compile(r"([.。｡।။។៕!！?？])[」』)）\"”'»]*\s*$")
_ENDED = re.compile(r"[.。｡।॥။។៕!！?？…:：)）」』\"”»]\s*$")
# White space but the spaces that keep a number and what follows it on one line.
_WHITE = re.compile(r"[^\S\u00a0\u202f]+")
_BEFORE_MARK = re.compile(r"\s+([.,!?;:])(?=\s|$)")
_NARROW = re.compile(r"\s*([!?])(?![A-Za-z0-9/=&])\s*")
_NEEDLESS = re.compile("(?<=[ぁ-んァ-ヶ一-龥。、，]) (?=[ぁ-んァ-ヶ一-龥])")


def clean(text: str) -> str:
    """Without control characters and invisible marks."""
    return _CONTROLS.sub("", _INVISIBLE.sub("", text))


def tidy(text: str, source_text: str, target: str) -> str:
    """Punctuation and spaces as the target language has them, ending as the source ends."""
    text = _WHITE.sub(" ", text).strip()
    if target in WIDE:
        text = _tidy_wide(text, target)
    else:
        text = _BEFORE_MARK.sub(r"\1", text)
        if target == "fr":
            text = re.sub(r"(?<=\w)([!?;])(?=\s|$)", "\u202f\\1", text)
        if not source_text[:1].islower() and not _ADDRESS.match(text):
            text = _upper(text[:1], target) + text[1:]
    ending = _ENDING.search(source_text)
    if ending and text and not _ENDED.search(text):
        text = _ended(text, _MARKS.get(ending[1], ending[1]), target)
    return text


def _tidy_wide(text: str, target: str) -> str:
    text = _NARROW.sub(lambda match: _ENDS[match[1]], text)
    if target != "ja":
        text = re.sub(r"(?<=[一-龥])\s*,\s*(?=[一-龥])", "，", text)
        text = re.sub(r"(?<=[一-龥])\.(?=\s|$)", "。", text)
    return _NEEDLESS.sub("", text)


def _upper(letter: str, target: str) -> str:
    return "İ" if target == "tr" and letter == "i" else letter.upper()


def _ended(text: str, mark: str, target: str) -> str:
    """The text with its full stop, question or exclamation mark."""
    if target in WIDE:
        return text + _ENDS[mark]
    if mark == ".":
        return text + _FULL_STOPS.get(target, ".")
    if target == "es" and not re.search("[¿¡]", text):
        return f"{'¿' if mark == '?' else '¡'}{text}{mark}"
    return text + ("\u202f" if target == "fr" else "") + mark
