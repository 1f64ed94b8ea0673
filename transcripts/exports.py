"""A transcript as a file: WebVTT, SubRip or plain text. Pure.

WebVTT's rules are W3C's (https://www.w3.org/TR/webvtt1/): start times do not fall, a cue ends after it starts, its text
holds no blank line and no "-->", and "&", "<" and ">" are escaped. SubRip has no specification; players take the text
as it is, so "-->" is broken up and nothing is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable

from transcripts.model import Caption

LINE_ENDS = str.maketrans(dict.fromkeys("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", "\n"))
CONTROLS = {code: None for code in range(32) if chr(code) not in "\n\t"}

Cue = tuple[int, int, str]  # start and end in milliseconds, the smallest step that the formats can write


def to_vtt(captions: Iterable[Caption]) -> str:
    """The captions as a WebVTT file, each cue named by its sequence number."""
    blocks = ["WEBVTT"]
    blocks += [
        f"{caption.seq}\n{_stamp(start, '.')} --> {_stamp(end, '.')}\n{_vtt_text(text)}"
        for caption, (start, end, text) in _cues(captions)
    ]
    return "\n\n".join(blocks) + "\n"


def to_srt(captions: Iterable[Caption]) -> str:
    """The captions as a SubRip file."""
    blocks = [
        f"{number}\n{_stamp(start, ',')} --> {_stamp(end, ',')}\n{text.replace('-->', '→')}\n"
        for number, (_, (start, end, text)) in enumerate(_cues(captions), start=1)
    ]
    return "\n".join(blocks)


def to_txt(captions: Iterable[Caption]) -> str:
    """The text alone, one caption a line."""
    return "".join(text.replace("\n", " ") + "\n" for _, (_, _, text) in _cues(captions))


def _cues(captions: Iterable[Caption]) -> list[tuple[Caption, Cue]]:
    """What has text, in order of time, with times that the formats allow."""
    cues: list[tuple[Caption, Cue]] = []
    for caption in sorted(captions, key=lambda each: (each.start, each.seq)):
        text = _lines(caption.text)
        start = max(0, round(caption.start * 1000))
        if text:
            cues.append((caption, (start, max(round(caption.end * 1000), start + 1), text)))
    return cues


def _lines(text: str) -> str:
    """The text without blank lines and control characters."""
    lines = text.translate(LINE_ENDS).translate(CONTROLS).split("\n")
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())


def _vtt_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(milliseconds: int, point: str) -> str:
    """Hours, minutes, seconds and milliseconds; hours have two digits or more."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{rest:03}"
