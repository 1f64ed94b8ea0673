"""Small repairs of wording before and after a model: what writers leave out and what models get wrong."""

from __future__ import annotations

import re

# Marks that steer the direction or the joining of letters; harmless to people, noise to models, and a way to hide
# text. Joiners between letters of Indic scripts and inside emoji are part of the spelling.
_INVISIBLE = re.compile(
    "[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]"
    "|[\u200c\u200d](?![\u0900-\u0dff\u2600-\u27bf\U0001f300-\U0001faff])"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HALF_KANA = re.compile("[\uff61-\uff9f]+")
_ENDS = {".": "。", "!": "！", "?": "？"}
_ENDING = re.compile(r"([.。!！?？])[」』)）\"”']*\s*$")


def clean(text: str) -> str:
    """Without control characters and invisible marks."""
    return _CONTROLS.sub("", _INVISIBLE.sub("", text))


def tidy(text: str, source_text: str, target: str) -> str:
    """Punctuation and spaces as the target language has them, ending as the source ends."""
    text = re.sub(r"\s+", " ", text).strip()
    if target == "ja":
        text = re.sub(r"\s*([!?])(?![A-Za-z0-9/=&])\s*", lambda match: _ENDS[match[1]], text)
        text = re.sub(r"(?<=[ぁ-んァ-ヶ一-龥。、]) (?=[ぁ-んァ-ヶ一-龥])", "", text)
    else:
        text = re.sub(r"\s+([.,!?;:])(?=\s|$)", r"\1", text)
        text = (
            text[:1].upper() + text[1:]
            if source_text[:1].isupper() or not source_text[:1].islower()
            else text
        )
    ending = _ENDING.search(source_text)
    if ending and text and not re.search(r"[.。!！?？…:：)）」』\"”]\s*$", text):
        mark = {"。": ".", "！": "!", "？": "?"}.get(ending[1], ending[1])
        text += _ENDS[mark] if target == "ja" else mark
    return text
