"""Documents, opened by readers that are not ours."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from html.parser import HTMLParser
from typing import Any

import docx
import pytest
from docx.document import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.transcripts.conftest import pages
from transcripts.documents import Labels, to_docx, to_html
from transcripts.model import Caption, Meeting
from transcripts.records import Record, Row

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = '<script>alert(1)</script> & "q" \'--> \x00\x1b\u202eevil\u2066 ]]> </w:t>'
SEEN = '<script>alert(1)</script> & "q" \'--> evil ]]> </w:t>'


def caption(seq: int, lang: str, text: str, *flags: str) -> Caption:
    return Caption(
        meeting_id="m", seq=seq, rev=1, lang=lang, text=text, start=4.0 * seq, end=4.0 * seq + 3, origin="machine",
        flags=flags, position=seq, spoken="en",
    )  # fmt: skip


def record(
    *rows: tuple[Caption | None, ...], title: str = "School briefing", choice: Any = "newest"
) -> Record:
    moment = dt.datetime(2026, 11, 24, 1, 30, tzinfo=dt.UTC)
    meeting = Meeting(
        id="m", title=title, language="en", languages=("en", "ja", "pt-BR"), state="ended", created_at=moment
    )
    languages = ("en", "ja", "pt-BR")[: len(rows[0]) if rows else 2]
    made = tuple(Row(seq=at, start=4.0 * at, captions=row) for at, row in enumerate(rows, start=1))
    return Record(meeting=meeting, began=moment, languages=languages, choice=choice, rows=made)


def labels(language: str = "en") -> Labels:
    words = pages().words
    return Labels(
        language=language, t=lambda key, /, **values: words.get(language, key, **values), city="Aoba City"
    )


BILINGUAL = record(
    (caption(1, "en", "Good morning.", "checked"), caption(1, "ja", "おはようございます。")),
    (caption(2, "en", "Lunch."), caption(2, "ja", "Lunch.", "untranslated")),
    (caption(3, "en", "The end."), None),
)


class Table(HTMLParser):
    """Rows of a page's table: each cell with its language and text; and every tag and address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[tuple[str | None, str]]] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.tags.append(tag)
        self.addresses += [str(known[name]) for name in ("src", "href") if name in known]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append((known.get("lang"), ""))
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._open:
            lang, text = self.rows[-1][-1]
            self.rows[-1][-1] = (lang, text + data)


def test_page_shows_languages_side_by_side_with_their_tags() -> None:
    assert Table(to_html(BILINGUAL, labels())).rows == [
        [(None, "Time"), ("en", "English"), ("ja", "日本語")],
        [(None, "0:00:04"), ("en", "Good morning.✓"), ("ja", "おはようございます。")],
        [(None, "0:00:08"), ("en", "Lunch."), ("en", "Lunch.not translated")],
        [(None, "0:00:12"), ("en", "The end."), (None, "")],
    ]


def test_page_needs_nothing_but_itself() -> None:
    found = Table(to_html(BILINGUAL, labels()))
    assert (found.addresses, {"script", "link", "img"} & set(found.tags)) == ([], set())


def test_page_says_which_meeting_when_and_how_far_it_is_checked() -> None:
    text = to_html(BILINGUAL, labels())
    assert re.findall("<h1.*?</h1>", text) == ['<h1 lang="en"><bdi>School briefing</bdi></h1>']
    assert "24 November 2026 10:30" in text  # in Japan
    assert "Draft: 1 of 5 captions were checked by a person" in text


@pytest.mark.parametrize(
    ("made", "mark"),
    [
        (
            record((caption(1, "en", "A.", "checked"),), choice="newest"),
            "Checked: a person approved every caption",
        ),
        (record((caption(1, "en", "A."),), choice="draft"), "Draft: written by a machine and not checked"),
        (
            record((caption(1, "en", "A.", "checked"),), choice="approved"),
            "Approved text: only the 1 captions that a person checked",
        ),
        (record(), "Draft: 0 of 0 captions were checked by a person"),
    ],
)
def test_mark_says_who_stands_behind_the_text(made: Record, mark: str) -> None:
    assert labels().mark(made) == mark


def test_words_around_the_text_follow_the_reader() -> None:
    text = to_html(BILINGUAL, labels("ja"))
    assert ('<html lang="ja">' in text, "2026年11月24日 10:30" in text, "下書き" in text) == (
        True,
        True,
        True,
    )


def test_hostile_text_stays_text_on_the_page() -> None:
    found = Table(
        to_html(record((caption(1, "en", HOSTILE), caption(1, "ja", "ja")), title=HOSTILE), labels())
    )
    assert found.rows[1][1] == ("en", SEEN)
    assert "script" not in found.tags


def test_page_without_text_says_so() -> None:
    text = to_html(record(), labels())
    assert ("There is no text of this kind yet." in text, "<table>" in text) == (True, False)


def test_rows_are_not_cut_by_pages() -> None:
    text = to_html(BILINGUAL, labels())
    assert ("tr { break-inside: avoid; }" in text, "display: table-header-group" in text) == (True, True)


# Word processors


def opened(content: bytes) -> Document:
    return docx.Document(io.BytesIO(content))


def part(content: bytes, name: str) -> etree._Element:
    return etree.fromstring(zipfile.ZipFile(io.BytesIO(content)).read(name))


def test_document_has_title_date_mark_and_a_row_for_each_caption() -> None:
    document = opened(to_docx(BILINGUAL, labels()))
    assert [(one.style.name, one.text) for one in document.paragraphs if one.text] == [
        ("Title", "School briefing"),
        ("Normal", "Aoba City　24 November 2026 10:30"),
        ("Normal", "Draft: 1 of 5 captions were checked by a person"),
        ("Normal", "Translated by machine. What was said is what counts."),
        ("Heading 1", "What was said"),
    ]
    (table,) = document.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Time", "English", "日本語"],
        ["0:00:04", "Good morning. ✓", "おはようございます。"],
        ["0:00:08", "Lunch.", "Lunch. （not translated）"],
        ["0:00:12", "The end.", ""],
    ]


def test_japanese_has_its_font_and_language() -> None:
    (table,) = part(to_docx(BILINGUAL, labels()), "word/document.xml").iter(f"{W}tbl")
    run = next(run for run in table.iter(f"{W}r") if "おはよう" in "".join(run.itertext()))
    properties = run.find(f"{W}rPr")
    assert properties is not None
    assert [properties.find(f"{W}{name}").get(f"{W}eastAsia") for name in ("rFonts", "lang")] == [
        "Yu Gothic",
        "ja",
    ]


def test_styles_name_their_fonts_themselves() -> None:
    styles = part(to_docx(BILINGUAL, labels()), "word/styles.xml")
    for name in ("Normal", "Title", "Heading1"):
        (fonts,) = styles.xpath(f"//w:style[@w:styleId='{name}']/w:rPr/w:rFonts", namespaces={"w": W[1:-1]})
        assert {key.split("}")[1]: value for key, value in fonts.attrib.items()} == {
            "ascii": "Calibri", "hAnsi": "Calibri", "eastAsia": "Yu Gothic", "cs": "Arial",
        }  # fmt: skip


def test_rows_stay_whole_the_head_is_repeated_and_pages_are_numbered() -> None:
    content = to_docx(BILINGUAL, labels())
    body = part(content, "word/document.xml")
    assert (len(list(body.iter(f"{W}cantSplit"))), len(list(body.iter(f"{W}tblHeader")))) == (4, 1)
    footer = opened(content).sections[0].footer
    assert " PAGE " in etree.tostring(footer._element).decode()
    assert footer.paragraphs[0].text.startswith("School briefing")


def test_three_languages_lie_on_the_page() -> None:
    made = record((caption(1, "en", "A."), caption(1, "ja", "あ。"), caption(1, "pt-BR", "Á.")))
    section = opened(to_docx(made, labels())).sections[0]
    assert section.page_width > section.page_height


def test_hostile_text_stays_text_in_the_document() -> None:
    title = "the table of captions" + HOSTILE
    document = opened(to_docx(record((caption(1, "en", HOSTILE),), title=title), labels()))
    assert document.tables[0].rows[1].cells[1].text == SEEN
    assert document.paragraphs[0].text == "the table of captions" + SEEN


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=4), st.text(max_size=40))
def test_any_text_makes_documents_that_open(texts: list[str], title: str) -> None:
    made = record(*((caption(at, "en", text),) for at, text in enumerate(texts, start=1)), title=title)
    assert len(opened(to_docx(made, labels())).tables[0].rows) == len(texts) + 1
    assert len(Table(to_html(made, labels())).rows) == len(texts) + 1
