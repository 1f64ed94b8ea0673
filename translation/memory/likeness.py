"""Units whose words are like those of a text.

Each distinct word (for languages without spaces: each pair of characters) gets a number, and a text becomes a string
of "letters" with these numbers, so that rapidfuzz compares words at the speed of letters. A text that shares at least
a share f of its words with the query must have one of the query's rarest words, which cuts thousands of units to a few.
"""

from __future__ import annotations

import asyncio
import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import regex
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from core.errors import Busy
from core.metrics import counter
from translation.facts import find
from translation.languages import languages
from translation.memory.index import Index
from translation.memory.model import Suggestion, Unit
from translation.memory.rewriting import rewrite, twins_of
from translation.memory.wording import key_of, may_have_facts, shape_of

REFUSED = counter("memory_suggest_refused", "Searches for similar units refused: too many waited")
CUT = counter("memory_suggest_cut", "Searches for similar units that met more candidates than are compared")

COMPARED = 4_000  # units compared with one text, at most
REPLACED = 10_000  # numbers of units that are gone, before the lists are written anew; at least as many as units held
FIRST_LETTER = 0x100
SURROGATES = range(0xD800, 0xE000)
LAST_LETTER = 0x10FFFF

_RUNS = regex.compile(r"[\p{L}\p{M}\p{N}]+|\?|\x00[^\x00]+\x00")
_PIECES = regex.compile(r"[A-Za-z0-9]+|[\p{L}\p{M}\p{N}]")
Result = TypeVar("Result")


def words_of(text: str, language: str) -> list[str]:
    """The words of a text, or for languages without spaces its pairs of characters; a fact is one word, its kind."""
    key = _with_kinds(text, language)
    spaces = language not in languages() or languages()[language].spaces
    words: list[str] = []
    for run in _RUNS.findall(key):
        words += [run] if spaces or run[0] in "\x00?" else _pairs(run)
    return words


def _with_kinds(text: str, language: str) -> str:
    if not may_have_facts(text):
        return key_of(text)
    parts, at = [], 0
    for fact in find(text, language):
        parts += [key_of(text[at : fact.start]), f"\x00{shape_of(fact)}\x00"]
        at = fact.end
    return "".join((*parts, key_of(text[at:])))


def _pairs(run: str) -> list[str]:
    pieces = _PIECES.findall(run)
    return [first + second for first, second in zip(pieces, pieces[1:], strict=False)] or pieces


class Side:
    """Texts of one language that lead to another, with their units."""

    def __init__(self, read: str, written: str) -> None:
        self._read = read
        self._written = written
        self._letters: dict[str, str] = {}
        self._units: dict[int, Unit] = {}
        self._texts: dict[int, str] = {}  # a letter for each word
        self._numbers: dict[str, int] = {}  # by the unit's id
        self._places: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))  # letter → numbers
        self._next = 0

    @property
    def size(self) -> int:
        """Entries in the lists of words, those of units that are gone included."""
        return sum(map(len, self._places.values()))

    def put(self, unit: Unit) -> None:
        """Hold a unit instead of the one with its id."""
        self.remove(unit.id)
        number, self._next = self._next, self._next + 1
        letters = "".join(self._letter(word) for word in words_of(self._text_of(unit), self._read))
        self._units[number], self._texts[number], self._numbers[unit.id] = unit, letters, number
        for letter in set(letters):
            self._places[letter].append(number)
        if self._next > 2 * len(self._units) + REPLACED:
            self._tidy()

    def _tidy(self) -> None:
        """Write the lists anew, without the units and words that are gone."""
        units = list(self._units.values())
        for held in (self._letters, self._units, self._texts, self._numbers, self._places):
            held.clear()
        self._next = 0
        for unit in units:
            self.put(unit)

    def remove(self, unit_id: str) -> None:
        """Drop a unit. Its number stays in the lists of its words and is passed over."""
        number = self._numbers.pop(unit_id, None)
        if number is not None:
            del self._units[number], self._texts[number]

    def _text_of(self, unit: Unit) -> str:
        return unit.source_text if unit.source == self._read else unit.target_text

    def _letter(self, word: str) -> str:
        letter = self._letters.get(word)
        if letter is None:
            number = FIRST_LETTER + len(self._letters)
            if number >= SURROGATES.start:
                number += len(SURROGATES)
            letter = self._letters[word] = chr(min(number, LAST_LETTER))
        return letter

    def suggest(self, text: str, limit: int, floor: float) -> list[Suggestion]:
        """The most similar units, human before machine at the same score, at most one for each wording."""
        words = words_of(text, self._read)
        query = "".join(self._letters.get(word, "\x01") for word in words)
        if not query:
            return []
        found = process.extract(
            query,
            {number: self._texts[number] for number in self._candidates(query, floor)},
            scorer=Levenshtein.normalized_similarity,
            score_cutoff=floor,
            limit=None,
        )
        ranked = sorted(
            ((score, self._units[number], number) for _, score, number in found),
            key=lambda one: (-one[0], one[1].origin != "human", one[1].source != self._read, -one[2]),
        )
        suggestions: dict[str, Suggestion] = {}
        for score, unit, _ in ranked:
            if len(suggestions) >= limit:
                break
            offered = self._write(unit, text)
            suggestions.setdefault(offered, Suggestion(unit=unit, score=score, text=offered))
        return list(suggestions.values())

    def _candidates(self, query: str, floor: float) -> list[int]:
        """Units that may reach `floor`: long enough, short enough, and with enough words of the query."""
        needed = max(1, math.ceil(floor * len(query) - 1e-9))
        letters = Counter(query)
        rarest = sorted(letters, key=lambda letter: len(self._places.get(letter, ())))
        left = len(query) - needed + 1  # any text that shares `needed` words has one of these
        shared: Counter[int] = Counter()
        for letter in rarest:
            if left <= 0:
                break
            left -= letters[letter]
            shared.update(self._places.get(letter, ()))
        longest = len(query) / floor if floor else math.inf
        fitting = [
            number
            for number in shared
            if number in self._texts and needed <= len(self._texts[number]) <= longest
        ]
        if len(fitting) > COMPARED:
            CUT.inc()
            fitting = sorted(fitting, key=lambda number: -shared[number])[:COMPARED]
        return fitting

    def _write(self, unit: Unit, text: str) -> str:
        """The unit's other text, with the facts of `text` where their places are certain."""
        forward = unit.source == self._read
        read, written = (
            (unit.source_text, unit.target_text) if forward else (unit.target_text, unit.source_text)
        )
        if not may_have_facts(text):
            return written
        facts = find(text, self._read)
        twins = twins_of(read, self._read, written, self._written)
        if tuple(map(shape_of, facts)) != tuple(map(shape_of, twins.read)):
            return written
        return rewrite(twins, facts, text, written, (self._read, self._written)) or written


class LikenessThread:
    """The sides, built when they are first asked for. One thread of their own, so that only it touches them."""

    def __init__(self, waiting: int) -> None:
        self._waiting = waiting
        self._asked = 0
        self._sides: dict[tuple[str, str], Side] = {}
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="memory-suggest")

    async def suggest(
        self, text: str, pair: tuple[str, str], index: Index, limit: int, floor: float
    ) -> list[Suggestion]:
        """The units of `index` that are like `text`, for either direction of `pair`. Raises `Busy`."""
        if self._asked >= self._waiting:
            REFUSED.inc()
            raise Busy("Too many searches for similar translations are waiting; try again in a moment.")
        self._asked += 1
        try:
            side = self._sides.get(pair)
            if side is None:
                side = self._sides[pair] = Side(*pair)
                units = [unit for unit in index.units() if {unit.source, unit.target} == set(pair)]
                self._executor.submit(_put_all, side, units)
            return await asyncio.get_running_loop().run_in_executor(
                self._executor, side.suggest, text, limit, floor
            )
        finally:
            self._asked -= 1

    def update(self, gone: Sequence[str], units: Sequence[Unit]) -> None:
        """Drop units and hold others, in the sides that there are."""
        for pair, side in self._sides.items():
            mine = [unit for unit in units if {unit.source, unit.target} == set(pair)]
            self._executor.submit(_exchange, side, gone, mine)

    def close(self) -> None:
        """End the thread."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _put_all(side: Side, units: Iterable[Unit]) -> None:
    for unit in units:
        side.put(unit)


def _exchange(side: Side, gone: Sequence[str], units: Sequence[Unit]) -> None:
    for unit_id in gone:
        side.remove(unit_id)
    _put_all(side, units)
