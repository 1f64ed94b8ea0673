"""What one process holds of the memory, so that looking needs no database."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from core.log import get_logger
from core.metrics import counter, gauge
from translation.facts import find as find_facts
from translation.memory.model import Match, Origin, Unit
from translation.memory.rewriting import Twins, rewrite, twins_of
from translation.memory.wording import key_of, masked_key, may_have_facts, values_of

log = get_logger(__name__)

HELD = gauge("memory_units_held", "Units of the translation memory that this process holds", ["origin"])
LEFT_OUT = counter("memory_units_left_out", "Units not held because the index was full", ["origin"])

# Units with other facts to try for one sentence, the newest first; more than one is only needed where words bend.
TRIES = 4
# Letters at the start or the end of a wording by which a sentence is passed over before its facts are searched for.
ANCHOR = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A unit with the keys that it is found by, worked out once."""

    unit: Unit
    key: str
    masked: str | None  # None where the unit has no facts
    twins: Twins | None

    @property
    def values(self) -> tuple[str, ...]:
        return values_of(self.twins.read) if self.twins else ()


def entry_of(unit: Unit) -> Entry:
    """Work out the keys of a unit. Takes up to a millisecond where there are facts."""
    key = key_of(unit.source_text)
    if unit.origin == "human" and may_have_facts(key):
        try:
            twins = twins_of(unit.source_text, unit.source, unit.target_text, unit.target)
            masked = masked_key(unit.source_text, unit.source)
        except Exception as error:
            # One odd unit must not keep the others from being loaded; it still answers for its own words.
            log.error("unit_facts_failed", unit=unit.id, kind=type(error).__name__)
        else:
            if twins.read:
                return Entry(unit, key, masked, twins)
    return Entry(unit, key, None, None)


@dataclass(slots=True)
class _Pair:
    """The human units of one pair of languages."""

    by_key: dict[str, Entry] = field(default_factory=dict)
    # masked key → values of the facts → entry, the newest last
    by_masked: dict[str, OrderedDict[tuple[str, ...], Entry]] = field(default_factory=dict)
    anchors: Counter[str] = field(default_factory=Counter)  # of the masked keys

    def may_have(self, key: str) -> bool:
        """Could a masked key be that of the text with this key? Looking for facts costs a hundred times this."""
        anchors = self.anchors
        return "" in anchors or f"<{key[:ANCHOR]}" in anchors or f">{key[-ANCHOR:]}" in anchors

    def put(self, entry: Entry) -> None:
        self.by_key[entry.key] = entry
        if entry.masked is not None:
            if entry.masked not in self.by_masked:
                self.anchors[_anchor(entry.masked)] += 1
            alike = self.by_masked.setdefault(entry.masked, OrderedDict())
            alike[entry.values] = entry
            alike.move_to_end(entry.values)

    def remove(self, entry: Entry) -> None:
        if self.by_key.get(entry.key) is entry:
            del self.by_key[entry.key]
        if entry.masked is not None and (alike := self.by_masked.get(entry.masked)):
            if alike.get(entry.values) is entry:
                del alike[entry.values]
            if not alike:
                del self.by_masked[entry.masked]
                self._drop_anchor(_anchor(entry.masked))

    def _drop_anchor(self, anchor: str) -> None:
        self.anchors[anchor] -= 1
        if not self.anchors[anchor]:
            del self.anchors[anchor]


def _anchor(masked: str) -> str:
    """What a text with this masked key begins with, or ends with; empty where there are facts at both ends."""
    first, *_, last = masked.split("\x00")
    if len(first) >= ANCHOR:
        return f"<{first[:ANCHOR]}"
    return f">{last[-ANCHOR:]}" if len(last) >= ANCHOR else ""


class Index:
    """Units by their wording. Bounded: when it is full, the oldest machine unit makes room, then the oldest human."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pairs: defaultdict[tuple[str, str], _Pair] = defaultdict(_Pair)
        self._held: dict[Origin, OrderedDict[str, Entry]] = {"human": OrderedDict(), "machine": OrderedDict()}
        self._told = False

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))

    def __contains__(self, unit_id: str) -> bool:
        return any(unit_id in held for held in self._held.values())

    def units(self) -> Iterator[Unit]:
        """Every unit held."""
        return (entry.unit for held in self._held.values() for entry in held.values())

    def put(self, entry: Entry) -> list[Unit]:
        """Hold a unit instead of the one with its id. Gives the units that had to go for it, perhaps itself."""
        self.remove(entry.unit.id)
        gone = self._make_room(entry.unit.origin)
        if gone is None:
            LEFT_OUT.labels(entry.unit.origin).inc()
            return [entry.unit]
        self._held[entry.unit.origin][entry.unit.id] = entry
        if entry.unit.origin == "human":
            self._pairs[entry.unit.source, entry.unit.target].put(entry)
        return gone

    def _make_room(self, origin: Origin) -> list[Unit] | None:
        """The units dropped; None where there is no room for a unit of this origin."""
        if len(self) < self._limit:
            return []
        if not self._told:
            self._told = True
            log.warning("memory_full", held=len(self), limit=self._limit)
        if self._held["machine"]:
            oldest = next(iter(self._held["machine"]))
        elif origin == "human" and self._held["human"]:
            oldest = next(iter(self._held["human"]))
        else:
            return None
        unit = self.remove(oldest)
        assert unit is not None
        LEFT_OUT.labels(unit.origin).inc()
        return [unit]

    def remove(self, unit_id: str) -> Unit | None:
        """Drop a unit; None where it was not held."""
        for held in self._held.values():
            if (entry := held.pop(unit_id, None)) is not None:
                pair = entry.unit.source, entry.unit.target
                if pair in self._pairs:
                    self._pairs[pair].remove(entry)
                    if not self._pairs[pair].by_key:
                        del self._pairs[pair]
                return entry.unit
        return None

    def show(self) -> None:
        """Bring the metric up to date."""
        for origin, held in self._held.items():
            HELD.labels(origin).set(len(held))

    def find(self, text: str, source: str, target: str) -> Match | None:
        """The human unit that answers for `text`, if any."""
        pair = self._pairs.get((source, target))
        if pair is None:
            return None
        key = key_of(text)
        if entry := pair.by_key.get(key):
            return Match(unit=entry.unit, text=entry.unit.target_text, exact=True)
        if not may_have_facts(key) or not pair.may_have(key):
            return None
        alike = pair.by_masked.get(masked_key(text, source))
        return _with_facts(alike, text, source, target) if alike else None


def _with_facts(
    alike: OrderedDict[tuple[str, ...], Entry], text: str, source: str, target: str
) -> Match | None:
    facts = find_facts(text, source)
    if entry := alike.get(values_of(facts)):
        return Match(unit=entry.unit, text=entry.unit.target_text, exact=True)
    for entry in islice(reversed(alike.values()), TRIES):
        assert entry.twins is not None
        written = rewrite(entry.twins, facts, text, entry.unit.target_text, (source, target))
        if written is not None:
            return Match(unit=entry.unit, text=written, exact=False)
    return None
