"""A record as a document for people: a page to print, a file for word processors. Pure; run them in a thread.

Both show the languages side by side, one row for each caption, under the meeting's title, its date and a mark that says
who stands behind the text.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import jinja2
from babel.dates import format_datetime
from markupsafe import Markup

from transcripts.exports import clock, plain
from transcripts.model import HUMAN_CHECKED, UNTRANSLATED, Caption
from transcripts.records import Record
from translation.languages import language as served

if TYPE_CHECKING:
    from docx.document import Document

JAPAN = dt.timezone(dt.timedelta(hours=9), "JST")  # no summer time since 1951
_PLACE = "the table of captions"
_XML = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The words around the text: a page language and what looks words up in it."""

    language: str
    t: Callable[..., str]
    city: str

    def date(self, record: Record) -> str:
        return format_datetime(
            record.began.astimezone(JAPAN),
            "d MMMM y H:mm" if self.language == "en" else "y年M月d日 H:mm",
            locale=self.language,
        )

    def mark(self, record: Record) -> str:
        """Who stands behind the text."""
        checked, total = record.checked()
        if record.choice == "approved":
            return self.t("record.approved", count=total)
        if record.choice == "draft":
            return self.t("record.draft")
        return self.t(
            "record.all_checked" if total and checked == total else "record.part_checked",
            checked=checked,
            total=total,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A caption in a row of a document."""

    text: str
    language: str
    note: str  # empty, "untranslated" or "checked"


def to_html(record: Record, labels: Labels) -> str:
    """One HTML file that needs nothing else: styles inside, no script, no address."""
    return (
        _environment()
        .get_template("record.html")
        .render(
            record=record,
            labels=labels,
            t=labels.t,
            columns=[served(tag) for tag in record.languages],
            rows=((clock(row.start), row.seq, entries) for row, entries in _entries(record)),
            style=Markup(style()),  # our own file, and no text from outside
        )
    )


@functools.cache
def style() -> str:
    """The style sheet inside the page, for the hash that allows it (CSP, style-src)."""
    return (resources.files("transcripts") / "data" / "record.css").read_text("utf-8")


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("transcripts", "templates/transcripts"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _entries(record: Record) -> list[tuple[Any, list[Entry | None]]]:
    return [(row, [_entry(caption) if caption else None for caption in row.captions]) for row in record.rows]


def _entry(caption: Caption) -> Entry:
    note = (
        "untranslated"
        if UNTRANSLATED in caption.flags
        else "checked"
        if HUMAN_CHECKED in caption.flags
        else ""
    )
    return Entry(text=plain(caption.text), language=caption.written_in, note=note)


def to_docx(record: Record, labels: Labels) -> bytes:
    """An Office Open XML document (ECMA-376) that word processors open."""
    import docx  # noqa: PLC0415 - loads its template and lxml, which only this needs

    document = docx.Document()
    _set_page(document, record)
    _set_fonts(document, labels.language)
    properties = document.core_properties
    properties.title, properties.author = plain(record.meeting.title), labels.city
    properties.language, properties.comments = record.languages[0], labels.mark(record)
    properties.created = properties.modified = record.began.replace(tzinfo=None)
    document.add_heading(plain(record.meeting.title), 0)
    document.add_paragraph(f"{labels.city}　{labels.date(record)}" if labels.city else labels.date(record))
    document.add_paragraph(labels.mark(record)).runs[0].bold = True
    if any(tag != record.meeting.language for tag in record.languages):
        document.add_paragraph(labels.t("captions.machine"))
    document.add_heading(labels.t("record.text"), 1)
    document.add_paragraph(_PLACE)
    _set_footer(document, record, labels)
    written = io.BytesIO()
    document.save(written)
    return _with_table(written, _table(record, labels))


def _with_table(written: io.BytesIO, table: str) -> bytes:
    """The document with the table in its place.

    The table is written as text: as a tree of elements, that of a long meeting takes hundreds of megabytes and
    holds up every other thread.
    """
    place = f"<w:p><w:r><w:t>{_PLACE}</w:t></w:r></w:p>".encode()
    whole = io.BytesIO()
    with zipfile.ZipFile(written) as before, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.infolist():
            content = before.read(part)
            if part.filename == "word/document.xml":
                head, _, tail = content.rpartition(place)
                content = head + table.encode() + b"<w:p/>" + tail
            after.writestr(part.filename, content)
    return whole.getvalue()


def _set_page(document: Document, record: Record) -> None:
    """A4, upright for one or two languages, lying for more."""
    from docx.enum.section import WD_ORIENT  # noqa: PLC0415
    from docx.shared import Mm  # noqa: PLC0415

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    if len(record.languages) > 2:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin = section.bottom_margin = Mm(20)


def _set_fonts(document: Document, tag: str) -> None:
    """Name the fonts of all scripts in the styles; the template's themes would choose by themselves."""
    from docx.oxml.ns import qn  # noqa: PLC0415

    fonts = _fonts(tag)
    for name in ("Normal", "Title", "Heading 1"):
        found = document.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            found.attrib.pop(qn(f"w:{theme}"), None)
        for attribute, font in (
            ("ascii", "latin"),
            ("hAnsi", "latin"),
            ("eastAsia", "east_asia"),
            ("cs", "complex"),
        ):
            found.set(qn(f"w:{attribute}"), fonts[font])


@functools.cache
def _fonts(tag: str) -> dict[str, str]:
    tables = tomllib.loads((resources.files("transcripts") / "data" / "fonts.toml").read_text("utf-8"))
    return {**tables["default"], **tables.get(tag.partition("-")[0], {}), **tables.get(tag, {})}


def _set_footer(document: Document, record: Record, labels: Labels) -> None:
    from docx.oxml import parse_xml  # noqa: PLC0415

    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.alignment = 2  # right
    paragraph.add_run(f"{plain(record.meeting.title)}　{labels.t('record.page')} ")
    paragraph._p.append(
        parse_xml(f'<w:fldSimple xmlns:w="{_XML}" w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>')
    )


def _table(record: Record, labels: Labels) -> str:
    wide = 14000 if len(record.languages) > 2 else 9800  # twentieths of a point
    widths = [1000, *[(wide - 1000) // len(record.languages)] * len(record.languages)]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    names = [
        (labels.t("record.time"), labels.language),
        *((served(tag).own_name, tag) for tag in record.languages),
    ]
    head = "".join(
        _cell(_run(name, tag, bold=True), width) for (name, tag), width in zip(names, widths, strict=True)
    )
    body = "".join(_row(row, entries, widths, labels) for row, entries in _entries(record))
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>{body}</w:tbl>"
    )


def _row(row: Any, entries: list[Entry | None], widths: list[int], labels: Labels) -> str:
    cells = _cell(_run(clock(row.start), labels.language), widths[0])
    for entry, width in zip(entries, widths[1:], strict=True):
        runs = _run(entry.text, entry.language) if entry else ""
        if entry is not None and entry.note:
            mark = "✓" if entry.note == "checked" else f"（{labels.t('captions.untranslated')}）"
            runs += _run(f" {mark}", labels.language)
        cells += _cell(runs, width)
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"


def _cell(runs: str, width: int) -> str:
    spacing = '<w:pPr><w:spacing w:after="40"/></w:pPr>'
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p>{spacing}{runs}</w:p></w:tc>'


def _run(text: str, tag: str, *, bold: bool = False) -> str:
    text = escape(text).replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
    return f'<w:r>{_run_properties(tag, bold)}<w:t xml:space="preserve">{text}</w:t></w:r>'


@functools.cache
def _run_properties(tag: str, bold: bool) -> str:
    fonts = _fonts(tag)
    attribute = "eastAsia" if served(tag).script in ("Jpan", "Hans", "Hant", "Kore") else "val"
    return (
        f"<w:rPr><w:rFonts w:ascii={quoteattr(fonts['latin'])} w:hAnsi={quoteattr(fonts['latin'])} "
        f"w:eastAsia={quoteattr(fonts['east_asia'])} w:cs={quoteattr(fonts['complex'])}/>"
        f"{'<w:b/>' if bold else ''}<w:lang w:{attribute}={quoteattr(tag)}/></w:rPr>"
    )
