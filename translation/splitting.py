"""Cutting a text into sentences and what stands between them.

Joining the pieces gives back the text exactly. What is not a sentence (white space, line breaks, bullets, emoji, lines
of dashes) is a gap: it is never translated and keeps its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import sentencex

from translation.facts import find
from translation.languages import languages

# Longer sentences are cut at a comma or a space: small models drop the rest, and fxtranslate truncates in silence.
LONGEST_SPACED = 200  # characters
LONGEST_UNSPACED = 90
# In a language with spaces, a word longer than this is no language: it stays as it is, since models need long for it.
LONGEST_WORD = 45
# A sentence with one of these facts is translated alone.
APART = frozenset({"url", "email", "phone", "postal", "my_number"})

EMOJI = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[\U0001f300-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299]"
    "[\ufe0f\u200d\U0001f3fb-\U0001f3ff\U0001f300-\U0001faff\u2640\u2642]*|[0-9#*]\ufe0f?\u20e3)"
)
_EMOJI_RUN = re.compile(rf"\s*{EMOJI}(?:\s*{EMOJI})*\s*")
_BULLET = re.compile(
    r"[ \t\u3000]*(?!\+\d)(?:[-*+•・●○◎■□◆◇▶►▷※★☆✓✔–—→⇒]+[ \t\u3000]*|[①-⑳㈠-㈩][ \t\u3000]*"
    # 1. 2) a. А) ก. and "၁။", then a space; 1．1、一、 need none, but 2、3日 and 二、三日 are no bullets.
    r"|(?!M\. )(?:\d{1,2}|[^\W\d_])[.)．）။](?!\d)[ \t\u3000]+"
    r"|\d{1,2}(?:[．）、]|\.(?=[^\W\d_A-Za-zÀ-ɏ]))(?![\d一二三四五六七八九十])[ \t\u3000]*"
    r"|[一二三四五六七八九十]{1,3}[、．](?![一二三四五六七八九十])[ \t\u3000]*"
    r"|[(（](?:\d{1,2}|[一二三四五六七八九十]{1,2})[)）][ \t\u3000]*)"
)
# Most captions and many messages: words, and one mark at the end. Nothing in it is looked at more closely.
_ONE_SENTENCE = re.compile(
    r"(?![一二三四五六七八九十]+、)[A-Za-zÀ-ɏぁ-ヺ一-鿿]{2}(?: ?[\w、,'’()（）「」・ー-])+[.。?？!！]?"
)
_LINE = re.compile(r"[^\r\n\x85\u2028\u2029]+|[\r\n\x85\u2028\u2029]+")
# Khmer ends sentences with these; the splitter does not know them.
_KHMER_END = re.compile('[។៕៚]+[»”"]?(?!$)')
# 「…。」と言われたら is one sentence although a full stop stands inside.
_CONTINUES = re.compile(r"(?:と|って|という|など|を|の|が|は(?!い)|に|も(?!う|し))")
_CLOSED = re.compile(r"[」』]\s*$")
# 「モーニング娘。のコンサート」: a name with a full stop in it.
_NAMED = re.compile(r"の[一-龥ァ-ヶ]")
_ADDRESS = re.compile(r"://|@|www\.")
_CUT = re.compile(r"[、，,;；:：។。]\s*|\s+")
# Titles and streets, and a Thai time ("น." stands after it).
_ABBREVIATED = re.compile(
    r"(?:^|[\s(])(?:[Dd]r|Dra|Mr|Mrs|Ms|Sr|Sra|Srta|Prof|Av|St|M|MM|Jl|R|ул|вул|им|ім)\.\s*$|Dr\.$|\d\s?น\.\s*$"
)
# Before a number only: "No. 3" goes on, "The answer is no." does not.
_NUMBERED = re.compile(
    r"(?:^|[\s(])(?:[Nn]os?|[Nn]º|[Nn]\.º|[Nn]úm|Blg|Bldg|[Tt]el|[Aa]rt|[Ee]xt|[Тт]ел|д|кв|буд)\.\s*$"
)
# Burmese has a comma that the splitter takes for a full stop.
_NOT_OVER = re.compile(r"[၊、,]\s*$")
# After "a. m." the sentence may be over; a capital letter says that it is.
_HALF_DAY = re.compile(r"\b[ap]\.\s?m\.\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, or a gap between sentences."""

    text: str
    is_sentence: bool
    is_noise: bool = False  # a gap that has letters but is no language


def split(text: str, language: str) -> list[Piece]:
    """The pieces of `text` in order; `"".join(piece.text …)` is `text`."""
    if len(text) <= LONGEST_UNSPACED and _ONE_SENTENCE.fullmatch(text) and not _is_noise(text, language):
        return [Piece(text, True)]
    pieces: list[Piece] = []
    for line in _LINE.findall(text):
        if line[0] in "\r\n":
            pieces.append(Piece(line, False))
        else:
            pieces.extend(_split_line(line, language))
    return pieces


def _split_line(line: str, language: str) -> Iterator[Piece]:
    start = 0
    if bullet := _BULLET.match(line):
        start = bullet.end()
        yield Piece(line[:start], False)
    for emoji in _EMOJI_RUN.finditer(line, start):
        yield from _split_run(line[start : emoji.start()], language)
        yield Piece(emoji.group(), False)
        start = emoji.end()
    yield from _split_run(line[start:], language)


def _split_run(run: str, language: str) -> Iterator[Piece]:
    if not run:
        return
    for sentence in _merge(list(_segments(run, language))):
        body = sentence.strip()
        noise = _is_noise(body, language)
        if noise or not any(character.isalnum() for character in body):
            yield Piece(sentence, False, noise)
            continue
        start = sentence.index(body)
        if start:
            yield Piece(sentence[:start], False)
        yield from _shorten(body, language)
        if start + len(body) < len(sentence):
            yield Piece(sentence[start + len(body) :], False)


def _segments(run: str, language: str) -> Iterator[str]:
    for segment in sentencex.segment(language.partition("-")[0], run):
        start = 0
        if language == "km":
            for end in _KHMER_END.finditer(segment):
                yield segment[start : end.end()]
                start = end.end()
        yield segment[start:]


def gather(pieces: Sequence[Piece], language: str, longest: int, alone: Callable[[str], bool]) -> list[Piece]:
    """Neighbouring sentences as one, where nothing but a space lies between them, up to `longest` characters (half as
    many where words are written without spaces). Sentences that are `alone` stay as they are."""
    if longest == 0 or sum(piece.is_sentence for piece in pieces) < 2:
        return list(pieces)
    if not languages()[language].spaces:
        longest //= 2
    gathered: list[Piece] = []
    joinable = False
    for piece in pieces:
        before = gathered[-1] if gathered else None
        if piece.is_sentence and joinable and not _stays_alone(piece.text, language, alone):
            gap = "" if before is None or before.is_sentence else before.text
            at = len(gathered) - 1 - bool(gap)
            text = gathered[at].text + gap + piece.text
            if len(text) <= longest:
                gathered[at:] = [Piece(text, True)]
                continue
        if piece.is_sentence:
            joinable = not _stays_alone(piece.text, language, alone)
        elif piece.text not in ("", " "):
            joinable = False
        gathered.append(piece)
    return gathered


def _stays_alone(sentence: str, language: str, alone: Callable[[str], bool]) -> bool:
    """So do those with an address or a number to call: what stands in for it must not mix with other sentences."""
    return alone(sentence) or any(fact.kind in APART for fact in find(sentence, language))


def _is_noise(sentence: str, language: str) -> bool:
    found = languages().get(language)
    if found is not None and not found.spaces:
        return False
    return any(len(word) > LONGEST_WORD and not _ADDRESS.search(word) for word in sentence.split())


def _merge(sentences: Sequence[str]) -> list[str]:
    """Undo cuts inside a quotation that the sentence goes on from, and after abbreviations."""
    merged: list[str] = []
    for sentence in sentences:
        if merged and _belongs(merged[-1], sentence):
            merged[-1] += sentence
        else:
            merged.append(sentence)
    return merged


def _belongs(before: str, sentence: str) -> bool:
    """Does the sentence go on here?"""
    if _HALF_DAY.search(before):
        return not sentence.lstrip()[:1].isupper()
    return bool(
        (_CLOSED.search(before) and _CONTINUES.match(sentence))
        or _NAMED.match(sentence)
        or _ABBREVIATED.search(before)
        or (_NUMBERED.search(before) and sentence.lstrip()[:1].isdecimal())
        or _NOT_OVER.search(before)
    )


def _shorten(sentence: str, language: str) -> Iterator[Piece]:
    found = languages().get(language)
    longest = LONGEST_SPACED if found is None or found.spaces else LONGEST_UNSPACED
    while len(sentence) > longest:
        cuts = [cut.end() for cut in _CUT.finditer(sentence, longest // 3, longest)]
        at = cuts[-1] if cuts else longest
        head = sentence[:at].rstrip()
        if head:
            yield Piece(head, True)
        if len(head) < at:
            yield Piece(sentence[len(head) : at], False)
        sentence = sentence[at:]
    if sentence:
        yield Piece(sentence, True)


def join(pieces: Sequence[Piece], target: str) -> str:
    """Put translated pieces together as the target language writes them: sentences of one line are parted by a
    space, or by nothing where the language has no spaces."""
    spaces = languages()[target].spaces
    parts: list[str] = []
    for before, piece in pairwise([Piece("", False), *pieces]):
        if piece.is_sentence and before.is_sentence and spaces:
            parts.append(" ")
        blank_between = not piece.is_sentence and before.is_sentence and piece.text.strip(" ") == ""
        parts.append("" if blank_between and not spaces else piece.text)
    return "".join(parts)
