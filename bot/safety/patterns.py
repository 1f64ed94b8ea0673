"""The patterns of one language, compiled.

A pattern is words as people write them. `{name}` is any entry of a set of the same file, ` .. ` a short gap within
the sentence, `*` after a word any ending of it. Words are whole words where the script has spaces; with
`endings = true` every word may go on (languages that put endings on everything), with `spaces = false` spaces mean
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.safety.folding import fold, joined, without_accents
from core.errors import InvalidInput

GAP = 45  # characters that ` .. ` stands for at most
GAP_JOINED = 14  # the same in scripts that need fewer
TYPO_LENGTH = 5  # shorter words are not corrected: too many words are one letter away
NEEDLE = 6  # letters of a word that are looked for before any pattern is tried

_PIECES = re.compile(r"(\{\w+\}|\s*\.\.\s*|\*)")
_WORD = re.compile(r"[^\W\d_]+")
_FIRST_WITHOUT_SPACES = 0x0E00


def _bounded(char: str) -> bool:
    """Whether words of this script are apart from each other."""
    return char.isalnum() and ord(char) < _FIRST_WITHOUT_SPACES


@dataclass(frozen=True, slots=True, kw_only=True)
class Contexts:
    """Words around danger. `never` are removed first: they mean something else ("fire station"). `quiet` hush an
    emergency in their sentence (the past, a question about cost) unless `now` is there too; `quiet_urgent` hush what
    is urgent. In a sentence that asks for a `number`, what is only a `call` for help means nothing ("what number do I
    call for the police?"), while danger that is told stays one ("there is a fire, what number do I call?")."""

    never: re.Pattern[str] | None
    quiet: re.Pattern[str] | None
    now: re.Pattern[str] | None
    quiet_urgent: re.Pattern[str] | None
    number: re.Pattern[str] | None
    call: re.Pattern[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """One language. `emergency` and `urgent` are topic → pattern; `alone` is for a whole message."""

    language: str
    marked: bool  # accents tell words apart (Vietnamese): a text that has any is compared with them
    joined: bool
    emergency: Mapping[str, re.Pattern[str]]
    urgent: Mapping[str, re.Pattern[str]]
    alone: Mapping[str, re.Pattern[str]]
    contexts: Contexts
    vocabulary: frozenset[str]
    latin: bool  # whether any pattern is in Latin letters
    needles: Mapping[
        str, frozenset[tuple[str, str]]
    ]  # piece of a word → kinds and topics that may be where it is

    def prepare(self, folded: str, plain: str) -> str:
        """A folded text as this language compares it; `plain` is the same without accents."""
        text = folded if self.marked else plain
        return joined(text) if self.joined else text

    def possible(self, pieces: frozenset[str]) -> set[tuple[str, str]]:
        """Kind and topic of the patterns that a text with these `pieces_of` may match; no other one does."""
        return {one for needle in self.needles.keys() & pieces for one in self.needles[needle]}


def pieces_of(text: str) -> frozenset[str]:
    """All that a needle can be found as: every piece of a text of `NEEDLE` characters at most."""
    return frozenset(text[at : at + size] for size in range(NEEDLE + 1) for at in range(len(text) + 1 - size))


def compile_language(
    language: str, table: Mapping[str, Any], *, marked: bool = False, more: Mapping[str, Sequence[str]] = {}
) -> Patterns:
    """The patterns of a file. `more` are plain phrases to add: kind → phrases, under the topic "other".

    Raises InvalidInput for a pattern that names a set which is not there.
    """
    maker = _Maker(table, more, marked=marked)
    calm = table.get("calm", {})
    emergency = {**table.get("emergency", {}), "other": more.get("emergency", ())}
    urgent = {**table.get("urgent", {}), "other": more.get("urgent", ())}
    alone = {**table.get("alone", {}), "other": more.get("emergency_alone", ())}
    return Patterns(
        language=language,
        marked=marked,
        joined=maker.joined,
        emergency=maker.topics(emergency),
        urgent=maker.topics(urgent),
        alone=maker.whole(alone, calm.get("around", ())),
        needles=maker.index({"emergency": emergency, "urgent": urgent, "alone": alone}),
        contexts=Contexts(
            never=maker.any_of(calm.get("never", ())),
            quiet=maker.any_of(calm.get("quiet", ())),
            now=maker.any_of(calm.get("now", ())),
            quiet_urgent=maker.any_of(calm.get("quiet_urgent", ())),
            number=maker.any_of(calm.get("number", ())),
            call=maker.any_of(calm.get("call", ())),
        ),
        vocabulary=frozenset(maker.words()),
        latin=any(re.search("[a-z0-9]", fold(phrase)) for phrase in maker.phrases()),
    )


class _Maker:
    """Compiles one file."""

    def __init__(self, table: Mapping[str, Any], more: Mapping[str, Sequence[str]], *, marked: bool) -> None:
        self._table = table
        self._more = [phrase for phrases in more.values() for phrase in phrases]
        self._sets: Mapping[str, Sequence[str]] = table.get("sets", {})
        self._endings = bool(table.get("endings", False))
        self._marked = marked
        self.joined = not table.get("spaces", True)

    def topics(self, table: Mapping[str, Sequence[str]]) -> dict[str, re.Pattern[str]]:
        made = {topic: self.any_of(phrases) for topic, phrases in table.items()}
        return {topic: pattern for topic, pattern in made.items() if pattern is not None}

    def whole(self, table: Mapping[str, Sequence[str]], around: Sequence[str]) -> dict[str, re.Pattern[str]]:
        """For messages that are one of the phrases and nothing else but `around` ("please", "quick")."""
        filler = self._alternatives(around, endings=False)
        made = {}
        for topic, phrases in table.items():
            if not phrases:
                continue
            one = self._alternatives(phrases, endings=False)
            more = f"(?:{one}|{filler})" if filler else one
            made[topic] = re.compile(rf"^\W*(?:{more}\W*)*{one}(?:\W*{more})*\W*$")
        return made

    def any_of(self, phrases: Sequence[str]) -> re.Pattern[str] | None:
        return re.compile(self._alternatives(phrases)) if phrases else None

    def index(
        self, kinds: Mapping[str, Mapping[str, Sequence[str]]]
    ) -> dict[str, frozenset[tuple[str, str]]]:
        """Needle → the kinds and topics that have a phrase with it."""
        found: dict[str, set[tuple[str, str]]] = {}
        for kind, topics in kinds.items():
            for topic, phrases in topics.items():
                for needle in self._needles(phrases) if phrases else ():
                    found.setdefault(needle, set()).add((kind, topic))
        return {needle: frozenset(owners) for needle, owners in found.items()}

    def _needles(self, phrases: Iterable[str]) -> frozenset[str]:
        """Pieces of words: a text that matches a phrase has one of them. An empty one is in every text."""
        return frozenset(needle for phrase in phrases for needle in self._best(phrase)) or frozenset({""})

    def _best(self, phrase: str) -> frozenset[str]:
        """The needles of that part of a phrase which is in the fewest texts: the one with the longest words."""
        parts = [frozenset({""})]
        for piece in _PIECES.split(phrase):
            if piece.startswith("{"):
                parts.append(self._needles(self._sets[piece[1:-1]]))
            elif piece != "*" and piece.strip() != "..":
                parts += [frozenset({word[:NEEDLE]}) for word in self._literally(piece).split()]
        return max(parts, key=lambda part: min(map(len, part)))

    def phrases(self) -> Iterator[str]:
        """All phrases that mean danger."""
        yield from self._more
        for kind in ("emergency", "urgent", "alone"):
            for phrases in self._table.get(kind, {}).values():
                yield from phrases
        for phrases in self._sets.values():
            yield from phrases

    def words(self) -> Iterator[str]:
        """Words to which mistyped ones are corrected, and words that are right as they are."""
        everything = [*self.phrases(), *(p for ps in self._table.get("calm", {}).values() for p in ps)]
        for phrase in everything:
            for word in _WORD.findall(self._plain(re.sub(r"\{\w+\}", " ", phrase))):
                if len(word) >= TYPO_LENGTH:
                    yield word

    def _plain(self, text: str) -> str:
        folded = fold(text)
        plain = folded if self._marked else without_accents(folded)
        return joined(plain) if self.joined else plain

    def _alternatives(self, phrases: Iterable[str], *, endings: bool | None = None) -> str:
        endings = self._endings if endings is None else endings
        found = sorted({self._regex(phrase, endings=endings) for phrase in phrases}, key=len, reverse=True)
        return f"(?:{'|'.join(found)})" if found else ""

    def _regex(self, phrase: str, *, endings: bool) -> str:
        made = []
        pieces = [piece for piece in _PIECES.split(phrase) if piece]
        for at, piece in enumerate(pieces):
            if piece == "*":
                continue
            if piece.strip() == "..":
                made.append(rf".{{0,{GAP_JOINED if self.joined else GAP}}}?")
            elif piece.startswith("{"):
                made.append(self._set(piece[1:-1]))
            else:
                open_end = endings or pieces[at + 1 : at + 2] == ["*"]
                made.append(self._literal(piece, open_end=open_end))
        return "".join(made)

    def _set(self, name: str) -> str:
        if name not in self._sets:
            raise InvalidInput(f"The safety patterns use a set “{name}” that the file does not have.")
        return self._alternatives(self._sets[name])

    def _literally(self, piece: str) -> str:
        """A piece of a phrase as texts are compared, with the spaces at its ends."""
        return self._plain(f"x{piece}x")[1:-1]

    def _literal(self, piece: str, *, open_end: bool) -> str:
        plain = self._literally(piece)
        words = plain.strip()
        if not words:
            return "" if self.joined else r"\W*"
        left = r"(?<!\w)" if _bounded(words[0]) else ""
        right = "" if self.joined else r"\S*?"
        if not open_end:
            right = r"(?!\w)" if _bounded(words[-1]) else ""
        inner = r"\W+".join(map(re.escape, words.split()))
        if self.joined:
            return left + inner + right
        before = r"\W*" if plain[0] == " " else ""
        after = r"\W*" if plain[-1] == " " else ""
        return before + left + inner + right + after
