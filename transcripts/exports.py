"""A transcript as a file of subtitles or text: WebVTT, SubRip, plain text. Pure.

WebVTT's rules are W3C's (https://www.w3.org/TR/webvtt1/): start times do not fall, a cue ends after it starts, its text
holds no blank line and no "-->", and "&", "<" and ">" are escaped. SubRip has no specification; players take the text
as it is, so "-->" is broken up and nothing is escaped.

Captions are broken into lines for readers (`transcripts.lines`); a caption that has line breaks of its own keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transcripts.lines import time_blocks
from transcripts.model import Caption

LINE_ENDS = str.maketrans(dict.fromkeys("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", "\n"))
# Control characters, marks that turn the direction of text, and what XML and UTF-8 cannot carry.
_UNWANTED = {code: None for code in (*range(32), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}
_UNWANTED |= dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0xFFFE, 0xFFFF])
_UNWANTED |= dict.fromkeys(range(0xD800, 0xE000))
PAUSE_S = 2.0  # seconds of silence that begin a new paragraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What a player shows at once. Times in milliseconds, the smallest step that the formats can write."""

    id: str  # the caption's sequence number; "12-2" is the second part of caption 12
    start: int
    end: int
    lines: tuple[str, ...]
    language: str  # of the text
    foreign: bool  # the text is not in the caption's language, as it could not be translated


def to_vtt(captions: Iterable[Caption], *, about: Sequence[str] = ()) -> str:
    """The captions as a WebVTT file. `about` becomes a comment at its head.

    A caption that could not be translated is marked with the language that its text is in.
    """
    blocks = ["WEBVTT"]
    notes = [one for line in about if (one := plain(line).replace("\n", " "))]
    if notes:
        blocks.append("NOTE\n" + "\n".join(note.replace("-->", "→") for note in notes))
    for cue in cues(captions):
        text = "\n".join(escaped(line) for line in cue.lines)
        if cue.foreign:
            text = f"<lang {cue.language}>{text}</lang>"
        blocks.append(f"{cue.id}\n{stamp(cue.start, '.')} --> {stamp(cue.end, '.')}\n{text}")
    return "\n\n".join(blocks) + "\n"


def to_srt(captions: Iterable[Caption]) -> str:
    """The captions as a SubRip file."""
    return "\n".join(
        f"{number}\n{stamp(cue.start, ',')} --> {stamp(cue.end, ',')}\n"
        + "".join(line.replace("-->", "→") + "\n" for line in cue.lines)
        for number, cue in enumerate(cues(captions), start=1)
    )


def to_txt(captions: Iterable[Caption], *, times: bool = False) -> str:
    """The text alone, one caption a line, with an empty line where nobody spoke for a while.

    `times` puts the time, as 1:02:03, before each caption.
    """
    text: list[str] = []
    end: float | None = None
    for caption in in_order(captions):
        words = plain(caption.text).replace("\n", " ")
        if not words:
            continue
        if end is not None and caption.start - end >= PAUSE_S:
            text.append("\n")
        text.append(f"{clock(caption.start)}  {words}\n" if times else f"{words}\n")
        end = max(caption.end, caption.start, end or 0.0)
    return "".join(text)


def cues(captions: Iterable[Caption], *, extend: bool = True) -> list[Cue]:
    """What has text, in lines and blocks, in order of time, with times that the formats allow.

    `extend` lets a caption stay for slow readers while nobody speaks.
    """
    ordered = [(caption, text) for caption in in_order(captions) if (text := plain(caption.text))]
    found: list[Cue] = []
    for at, (caption, text) in enumerate(ordered):
        follows = ordered[at + 1][0].start if at + 1 < len(ordered) else None
        found += _cues_of(caption, text, follows, extend=extend)
    return sorted(found, key=lambda cue: cue.start)


def _cues_of(caption: Caption, text: str, follows: float | None, *, extend: bool) -> list[Cue]:
    language = caption.written_in
    if "\n" in text:
        timed = [(tuple(text.split("\n")), caption.start, caption.end)]
    else:
        until = follows if extend else caption.end
        blocks = time_blocks(text, language, start=caption.start, end=caption.end, next_start=until)
        timed = [(block.lines, block.start, block.end) for block in blocks]
    return [
        Cue(
            id=f"{caption.seq}-{part}" if part > 1 else str(caption.seq),
            start=(begin := max(0, round(start * 1000))),
            end=max(round(end * 1000), begin + 1),
            lines=lines,
            language=language,
            foreign=language != caption.lang,
        )
        for part, (lines, start, end) in enumerate(timed, start=1)
    ]


def in_order(captions: Iterable[Caption]) -> list[Caption]:
    """The captions in the order in which they are shown."""
    return sorted(captions, key=lambda each: (each.start, each.seq))


def plain(text: str) -> str:
    """The text without blank lines, control characters and marks that turn its direction."""
    lines = text.translate(LINE_ENDS).translate(_UNWANTED).split("\n")
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())


def escaped(text: str) -> str:
    """The text with what WebVTT would read as markup escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def stamp(milliseconds: int, point: str) -> str:
    """Hours, minutes, seconds and milliseconds; hours have two digits or more."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{rest:03}"


def clock(seconds: float) -> str:
    """Hours, minutes and seconds for people: 1:02:03."""
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
