"""Translation Memory eXchange, TMX 1.4b: what translation offices and their tools give and take.

https://www.gala-global.org/tmx-14b. Files come from outside: they are read as a stream, with limits, and nothing that a
file names (a DTD, an entity) is fetched or expanded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from core.errors import InvalidInput, TooLarge
from translation.languages import find_language, languages
from translation.memory.model import Draft, Origin, Unit
from translation.memory.wording import key_of, storable

_READ_BYTES = 64 * 1024
_DATE = "%Y%m%dT%H%M%SZ"
_MACHINE = frozenset({"mt", "machine"})
# Properties that say who translated: ours, and those of other tools.
_ORIGIN_PROPS = frozenset({"x-origin", "origin", "x-translation-origin"})
_CAME_FROM_PROP = "x-came-from"
_CUT_SHORT = {
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
}
# Elements inside a segment whose content is code of the document's format, not text. <sub> inside them is text
# of its own (a footnote, an image's title) and does not belong to the sentence either.
_CODES = frozenset({"bpt", "ept", "it", "ph", "ut"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TmxLimits:
    """What a file may cost."""

    bytes: int = 512 * 1024 * 1024
    units: int = 500_000  # <tu> elements
    variants: int = 50  # <tuv> in one <tu>
    text: int = 2_000  # characters of a segment; a unit with a longer one is skipped
    depth: int = 20  # elements inside each other
    token: int = 1024 * 1024  # bytes of one tag, attribute or comment


@dataclass(slots=True)
class TmxCount:
    """What a file held. Rises while it is read."""

    units: int = 0  # <tu> elements
    taken: int = 0  # pairs of texts
    languages_not_served: dict[str, int] = field(default_factory=dict)  # texts, by the tag in the file
    too_long: int = 0  # texts
    empty: int = 0  # texts without words
    alone: int = 0  # <tu> without a text in the source language, or without a second language


@dataclass(slots=True)
class _Variant:
    """A <tuv>."""

    language: str
    attributes: dict[str, str]
    props: dict[str, str] = field(default_factory=dict)
    text: str = ""
    too_long: bool = False


@dataclass(slots=True)
class _Entry:
    """A <tu>."""

    attributes: dict[str, str]
    props: dict[str, str] = field(default_factory=dict)
    variants: list[_Variant] = field(default_factory=list)


def read_tmx(
    stream: BinaryIO,
    *,
    came_from: str,
    author: str = "",
    limits: TmxLimits = TmxLimits(),
    count: TmxCount | None = None,
) -> Iterator[Draft]:
    """The pairs of texts in a file, as they come: from the source language of each <tu> to every other language.

    `author` counts where the file names nobody. What cannot be used is counted in `count` and skipped. Raises
    `InvalidInput` where the file is not sound TMX and `TooLarge` beyond a limit, perhaps after many drafts: read it to
    its end once before acting on what it says.
    """
    reader = _Reader(limits)
    counted = count if count is not None else TmxCount()
    fed = 0
    while data := stream.read(_READ_BYTES):
        fed += len(data)
        if fed > limits.bytes:
            raise TooLarge(f"The file is larger than {limits.bytes // 1024**2} MB; split it.")
        for entry in reader.feed(data, fed):
            yield from _drafts(entry, reader.header, came_from, author, counted)
    for entry in reader.end():
        yield from _drafts(entry, reader.header, came_from, author, counted)


class _Reader:
    """Expat's events gathered to entries."""

    def __init__(self, limits: TmxLimits) -> None:
        self.header: dict[str, str] = {}
        self._limits = limits
        self._path: list[str] = []
        self._entry: _Entry | None = None
        self._variant: _Variant | None = None
        self._done: list[_Entry] = []
        self._entries = 0
        self._prop = ""
        self._text: list[str] | None = None  # of the element whose text is gathered
        self._length = 0
        self._code = 0  # how deep inside codes
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.SkippedEntityHandler = self._refuse_unknown_entity
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def feed(self, data: bytes, fed: int) -> list[_Entry]:
        """The entries that end in `data`; `fed` bytes came so far, these included."""
        self._parse(data, False)
        if fed - self._parser.CurrentByteIndex > self._limits.token:
            raise TooLarge(f"A tag of the file is longer than {self._limits.token // 1024} kB.")
        done, self._done = self._done, []
        return done

    def end(self) -> list[_Entry]:
        """The last entries."""
        self._parse(b"", True)
        return self._done

    def _parse(self, data: bytes, final: bool) -> None:
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            if error.code in _CUT_SHORT:
                raise InvalidInput(
                    f"The file ends too early, at line {error.lineno}; copy it again."
                ) from error
            raise InvalidInput(
                f"The file is not sound XML: {expat.ErrorString(error.code)} at line {error.lineno}."
            ) from error
        except (LookupError, ValueError) as error:  # an encoding that nobody knows, or of several bytes
            raise InvalidInput("The file's encoding is not known; save it as UTF-8.") from error

    def _refuse_entity(self, *declaration: object) -> None:
        raise InvalidInput("The file declares entities of its own, which TMX has no use for; remove them.")

    def _refuse_unknown_entity(self, name: str, is_parameter: bool) -> None:
        if not is_parameter:
            raise InvalidInput(
                f"The file uses the entity &{name[:40]}; without saying what it is; write the character instead."
            )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path and name != "tmx":
            raise InvalidInput(f"The file is not TMX: it begins with <{name[:40]}>.")
        self._path.append(name)
        if len(self._path) > self._limits.depth:
            raise InvalidInput("The file's elements are inside each other too deeply for TMX.")
        if name == "header" and len(self._path) == 2:
            self.header = attributes
        elif name == "tu":
            self._start_entry(attributes)
        elif name == "tuv" and self._entry is not None:
            self._start_variant(attributes, self._entry)
        elif name == "prop":
            self._prop = attributes.get("type", "").casefold()
            self._gather()
        elif name == "seg" and self._variant is not None:
            self._gather()
        elif name in _CODES:
            self._code += 1

    def _start_entry(self, attributes: dict[str, str]) -> None:
        if self._entry is not None:
            raise InvalidInput("The file is not TMX: a <tu> stands inside another.")
        self._entries += 1
        if self._entries > self._limits.units:
            raise TooLarge(f"The file has more than {self._limits.units} units; split it.")
        self._entry = _Entry(attributes)

    def _start_variant(self, attributes: dict[str, str], entry: _Entry) -> None:
        if len(entry.variants) >= self._limits.variants:
            raise TooLarge(f"A <tu> of the file has more than {self._limits.variants} languages.")
        self._variant = _Variant(attributes.get("xml:lang") or attributes.get("lang") or "", attributes)
        entry.variants.append(self._variant)

    def _gather(self) -> None:
        self._text, self._length, self._code = [], 0, 0

    def _characters(self, data: str) -> None:
        if self._text is None or self._code:
            return
        self._length += len(data)
        if self._length <= self._limits.text * 4:  # white space and invisible marks are yet to go
            self._text.append(data)

    def _end(self, name: str) -> None:
        self._path.pop()
        if name in _CODES:
            self._code = max(0, self._code - 1)
        elif name == "seg" and self._variant is not None and self._text is not None:
            text = storable("".join(self._text))
            self._variant.too_long = self._length > self._limits.text * 4 or len(text) > self._limits.text
            self._variant.text = "" if self._variant.too_long else text
            self._text = None
        elif name == "prop" and self._text is not None:
            holder = self._variant or self._entry
            if holder is not None:
                holder.props[self._prop] = "".join(self._text).strip()
            self._text = None
        elif name == "tuv":
            self._variant = None
        elif name == "tu" and self._entry is not None:
            self._done.append(self._entry)
            self._entry = None


def _drafts(
    entry: _Entry, header: dict[str, str], came_from: str, author: str, count: TmxCount
) -> Iterator[Draft]:
    count.units += 1
    texts: list[tuple[str, _Variant]] = []
    for variant in entry.variants:
        if tag := _usable(variant, count):
            texts.append((tag, variant))
    source = _source_of(texts, entry.attributes.get("srclang") or header.get("srclang", ""))
    others = [found for found in texts if source is not None and found[0] != source[0]]
    if source is None or not others:
        count.alone += 1
        return
    for tag, variant in others:
        count.taken += 1
        yield _draft(source, (tag, variant), entry, came_from, author)


def _usable(variant: _Variant, count: TmxCount) -> str | None:
    """The served language of a text that can be used."""
    tag = served_tag(variant.language)
    if tag is None:
        name = variant.language[:35]
        if name in count.languages_not_served or len(count.languages_not_served) < 100:
            count.languages_not_served[name] = count.languages_not_served.get(name, 0) + 1
        return None
    if variant.too_long:
        count.too_long += 1
        return None
    if not key_of(variant.text).strip("?"):
        count.empty += 1
        return None
    return tag


def served_tag(code: str) -> str | None:
    """The served language that a TMX code means, as "EN-US", "ja-JP" or "pt_BR"; None if it is not served.

    Where the region or script is not one of ours, the base language decides if only one served language has it.
    """
    found = find_language(code)
    if found is not None:
        return found.tag
    base = code.strip().replace("_", "-").casefold().partition("-")[0]
    alike = [tag for tag, language in languages().items() if tag.casefold().partition("-")[0] == base]
    machine = [tag for tag in alike if not languages()[tag].human_only]
    return machine[0] if len(machine) == 1 else None


def _source_of(texts: list[tuple[str, _Variant]], srclang: str) -> tuple[str, _Variant] | None:
    """The text that was translated; the first one where the file says that any may be ("*all*")."""
    if not srclang or srclang.casefold() == "*all*":
        return texts[0] if texts else None
    wanted = served_tag(srclang)
    return next((found for found in texts if found[0] == wanted), None)


def _draft(
    source: tuple[str, _Variant], target: tuple[str, _Variant], entry: _Entry, came_from: str, author: str
) -> Draft:
    attributes = entry.attributes | target[1].attributes
    props = entry.props | target[1].props
    last = attributes.get("changeid") or attributes.get("creationid") or ""
    created = _moment(attributes.get("creationdate"))
    machine = _say_machine(props) or last.strip("! ").casefold() in _MACHINE
    origin: Origin = "machine" if machine else "human"
    return Draft(
        source=source[0],
        target=target[0],
        source_text=source[1].text,
        target_text=target[1].text,
        origin=origin,
        author=last or author,
        came_from=props.get(_CAME_FROM_PROP) or came_from,
        created_at=created,
        updated_at=_moment(attributes.get("changedate")) or created,
    )


def _say_machine(props: dict[str, str]) -> bool:
    """Does a property say that a machine translated?"""
    return any(props.get(name, "").casefold() in _MACHINE for name in _ORIGIN_PROPS)


def _moment(text: str | None) -> dt.datetime | None:
    """A date as TMX writes it; None for what is none, or older than any memory."""
    try:
        moment = dt.datetime.strptime(text or "", _DATE).replace(tzinfo=dt.UTC)
    except ValueError:
        return None
    return moment if moment.year >= 1970 else None


async def write_tmx(units: AsyncIterable[Unit], stream: BinaryIO, *, version: str = "") -> int:
    """Write units as TMX 1.4b in UTF-8. Gives how many there were."""
    stream.write(_HEADER.format(version=quoteattr(version or "0")).encode())
    written = 0
    async for unit in units:
        stream.write(_element(unit).encode())
        written += 1
    stream.write(b"</body>\n</tmx>\n")
    return written


_HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4">
<header creationtool="madoguchi" creationtoolversion={version} segtype="sentence" o-tmf="madoguchi" adminlang="en" \
srclang="*all*" datatype="plaintext" o-encoding="UTF-8"/>
<body>
"""


def _element(unit: Unit) -> str:
    first = _made("creation", unit.author, unit.created_at)
    last = _made("change", unit.author, unit.updated_at)
    came_from = f'<prop type="{_CAME_FROM_PROP}">{_escape(unit.came_from)}</prop>' if unit.came_from else ""
    return (
        f'<tu tuid={quoteattr(unit.id)} srclang="{unit.source}" {first} {last}>'
        f'<prop type="x-origin">{unit.origin}</prop>{came_from}'
        f'<tuv xml:lang="{unit.source}"><seg>{_escape(unit.source_text)}</seg></tuv>'
        f'<tuv xml:lang="{unit.target}"><seg>{_escape(unit.target_text)}</seg></tuv></tu>\n'
    )


def _made(what: str, author: str, at: dt.datetime) -> str:
    who = f" {what}id={quoteattr(author)}" if author else ""
    return f'{what}date="{at.astimezone(dt.UTC):{_DATE}}"{who}'


def _escape(text: str) -> str:
    return escape(text, {"\r": "&#13;"})
