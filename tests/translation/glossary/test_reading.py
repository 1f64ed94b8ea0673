"""The file: what it may look like, and what is said about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import InvalidInput
from tests.translation.glossary.municipal import GLOSSARY
from translation.glossary import GlossaryOptions, examine_glossary, parse_glossary, read_glossary

HEADER = "ja,en,pt-BR,forbidden_en,forbidden_pt-BR,note\n"


def test_the_citys_own_file_reads_without_a_mistake() -> None:
    glossary = read_glossary(GLOSSARY)

    assert len(glossary.terms) >= 150
    assert dict(glossary.languages()) == dict.fromkeys(("ja", "en", "pt-BR"), len(glossary.terms))


def test_row_becomes_a_term() -> None:
    glossary, mistakes = parse_glossary(
        HEADER + "窓口, counter ;desk,balcão,window;  glass   pane,janela,a note\n"
    )

    (term,) = glossary.terms
    assert mistakes == ()
    assert term.row == 2
    assert term.wordings == {"ja": ("窓口",), "en": ("counter", "desk"), "pt-BR": ("balcão",)}
    assert term.forbidden == {"en": ("window", "glass pane"), "pt-BR": ("janela",)}
    assert term.note == "a note"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffja,en\n窓口,counter\n",
        "ja;en\r\n窓口;counter\r\n",
        "ja\ten\n窓口\tcounter\n",
        'ja;en\n"窓口";"counter;desk"\n',
        "JA,EN\n窓口,counter\n",
        "note,en,ja\n,counter,窓口\n",
        "ja,en,,\n窓口,counter,,\n\n,,,\n",
    ],
)
def test_ways_in_which_spreadsheets_save(text: str) -> None:
    glossary, mistakes = parse_glossary(text)

    assert mistakes == ()
    assert [(term.wordings["ja"], term.wordings["en"][0]) for term in glossary.terms] == [
        (("窓口",), "counter")
    ]


def test_any_served_language_may_be_a_column_and_a_cell_empty() -> None:
    glossary, mistakes = parse_glossary("ja,zh-Hans,vi,forbidden_vi\n市役所,市政厅,,\n税,,thuế,\n")

    assert mistakes == ()
    assert dict(glossary.languages()) == {"ja": 2, "zh-Hans": 1, "vi": 1}


@pytest.mark.parametrize(
    ("text", "row", "sentence"),
    [
        (
            "ja,en,klingon\n",
            1,
            "Row 1: “klingon” is no column; use a language tag, also_ or forbidden_ and a tag, or note.",
        ),
        (
            "ja,en,forbidden_xx\n",
            1,
            "Row 1: “forbidden_xx” is no column; use a language tag, also_ or forbidden_ and a tag, or note.",
        ),
        ("ja,en,EN\n", 1, "Row 1: the column “en” is there twice; remove one."),
        ("ja,en\n税,tax\n税,duty\n", 3, "Row 3: “税” stands in row 2 already; join the two rows."),
        ("ja,en\n税,\n", 2, "Row 2: the term is given in fewer than two languages; add a translation."),
        ("ja,en,forbidden_en\n税,tax,Tax\n", 2, "Row 2: “Tax” is both allowed and forbidden in en; decide for one."),
        (
            "ja,en\n税,tax,more\n",
            2,
            "Row 2: there are more cells than columns; put text with a comma into quotation marks.",
        ),
        ("ja,en\n税,!?\n", 2, "Row 2: “!?” in “en” has no letters; write a word or leave it empty."),
        ("ja,en\n税,taaaaaaaaaaaax\n", 2, "Row 2: “taaaaaaaaaaaax…” in “en” is longer than 10 characters; shorten it."),
        ("ja,en\n税,a;b;c;d\n", 2, "Row 2: “en” has more than 3 wordings; keep the usual ones."),
        ("ja,en,note\n税,tax,0123456789abc\n", 2, "Row 2: the note has more than 12 characters; shorten it."),
        ("ja,en\na,b\nc,d\ne,f\ng,h\n", 5, "Row 5: a glossary has 3 terms at most; remove some."),
    ],
)  # fmt: skip
def test_mistake_is_named_with_its_row(text: str, row: int, sentence: str) -> None:
    options = GlossaryOptions(rows=3, wording=10, alternatives=3, note=12)

    _, mistakes = parse_glossary(text, options)

    assert [(mistake.row, mistake.sentence) for mistake in mistakes] == [(row, sentence)]


def test_rows_are_counted_as_a_spreadsheet_shows_them() -> None:
    _, mistakes = parse_glossary('ja,en,note\n税,tax,"two\nlines"\n\n費,\n')

    assert [mistake.row for mistake in mistakes] == [4]


def test_terms_without_a_mistake_are_there_all_the_same() -> None:
    glossary, mistakes = parse_glossary("ja,en\n税,\n窓口,counter\n")

    assert [term.row for term in glossary.terms] == [3]
    assert len(mistakes) == 1


@pytest.mark.parametrize("text", ["", "term,translation\n", "ja,note\n", "ja,forbidden_en\n"])
def test_first_row_must_name_two_languages(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse_glossary(text)

    assert str(raised.value) == (
        "The first row of the glossary names no two languages; start it with tags such as “ja,en,pt-BR”."
    )


def test_broken_quotation_marks_are_refused() -> None:
    with pytest.raises(InvalidInput, match="breaks off at line 2"):
        parse_glossary('ja,en\n税,"tax" x\n')


def test_reading_refuses_a_file_with_mistakes_and_counts_them(tmp_path: Path) -> None:
    file = tmp_path / "glossary.csv"
    file.write_text("ja,en\n税,\n費,\n", "utf-8")

    with pytest.raises(InvalidInput) as raised:
        read_glossary(file)

    assert str(raised.value) == (
        "The glossary “glossary.csv” has a mistake (1 more: run `madoguchi glossary check`): "
        "Row 2: the term is given in fewer than two languages; add a translation."
    )
    assert len(examine_glossary(file)[1]) == 2


def test_file_that_cannot_be_read_gets_one_sentence(tmp_path: Path) -> None:
    other = tmp_path / "sjis.csv"
    other.write_bytes("ja,en\n窓口,counter\n".encode("cp932"))
    with pytest.raises(InvalidInput) as raised:
        read_glossary(other)
    assert str(raised.value) == "The glossary “sjis.csv” is not UTF-8; in Excel, save it as “CSV UTF-8”."

    with pytest.raises(InvalidInput, match="There is no glossary"):
        read_glossary(tmp_path / "nowhere.csv")
    with pytest.raises(InvalidInput, match="cannot be read: Is a directory"):
        read_glossary(tmp_path)
    other.write_text(HEADER, "utf-8")
    with pytest.raises(InvalidInput, match="larger than 10 bytes; shorten it"):
        read_glossary(other, GlossaryOptions(file_bytes=10))


def test_invisible_marks_in_cells_do_not_count() -> None:
    glossary, _ = parse_glossary("ja,en\n\u200b窓口\u200b,counter\n")

    assert glossary.terms[0].wordings["ja"] == ("窓口",)
