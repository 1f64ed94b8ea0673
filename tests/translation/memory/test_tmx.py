"""Reading TMX files from elsewhere, and writing files that others read."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput, TooLarge
from translation.memory.model import Draft, Unit
from translation.memory.tmx import TmxCount, TmxLimits, read_tmx, served_tag, write_tmx
from translation.memory.wording import key_of, storable

NOW = dt.datetime(2026, 11, 24, 9, 30, 15, tzinfo=dt.UTC)
HEADER = (
    '<header creationtool="T" creationtoolversion="1" segtype="sentence" o-tmf="T" adminlang="en" '
    'srclang="{}" datatype="plaintext"/>'
)
NOT_SOUND = "The file is not sound XML: {} at line 1."


def document(body: str, *, srclang: str = "en", doctype: str = "") -> bytes:
    head = HEADER.format(srclang)
    return f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<tmx version="1.4">{head}<body>{body}</body></tmx>'.encode()


def tu(source: str = "Hello", target: str = "こんにちは", *, attributes: str = "", inside: str = "") -> str:
    return (
        f'<tu {attributes}>{inside}<tuv xml:lang="en"><seg>{source}</seg></tuv>'
        f'<tuv xml:lang="ja"><seg>{target}</seg></tuv></tu>'
    )


def read(data: bytes, count: TmxCount | None = None, **limits: Any) -> list[Draft]:
    return list(
        read_tmx(
            io.BytesIO(data), came_from="tmx:a.tmx", author="ito", limits=TmxLimits(**limits), count=count
        )
    )


def read_one(data: bytes) -> Draft:
    [draft] = read(data)
    return draft


def texts(data: bytes) -> list[tuple[str, str]]:
    return [(draft.source_text, draft.target_text) for draft in read(data)]


def test_pair_of_texts_is_read_with_its_languages() -> None:
    assert read_one(document(tu())) == Draft(
        source="en",
        target="ja",
        source_text="Hello",
        target_text="こんにちは",
        origin="human",
        author="ito",
        came_from="tmx:a.tmx",
    )


def test_authors_and_dates_are_read() -> None:
    attributes = (
        'creationid="MORI" creationdate="20200102T030405Z" changeid="ABE" changedate="20210102T030405Z"'
    )

    draft = read_one(document(tu(attributes=attributes)))

    assert draft.author == "ABE"
    assert draft.created_at == dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert draft.updated_at == dt.datetime(2021, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def test_creation_counts_where_nothing_was_changed() -> None:
    draft = read_one(document(tu(attributes='creationid="MORI" creationdate="20200102T030405Z"')))

    assert draft.author == "MORI"
    assert draft.updated_at == draft.created_at == dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def test_what_the_translation_says_of_itself_goes_before_what_the_unit_says() -> None:
    body = (
        '<tu creationid="X"><tuv xml:lang="en"><seg>Hello</seg></tuv>'
        '<tuv xml:lang="ja" creationid="Y"><seg>こんにちは</seg></tuv></tu>'
    )

    assert read_one(document(body)).author == "Y"


@pytest.mark.parametrize("date", ["", "yesterday", "20200102", "2020-01-02T03:04:05Z", "00010101T000000Z"])
def test_date_that_is_none_is_left_out(date: str) -> None:
    assert read_one(document(tu(attributes=f'creationdate="{date}"'))).created_at is None


@pytest.mark.parametrize(
    ("attributes", "inside", "origin"),
    [
        ('creationid="MT"', "", "machine"),
        ('creationid="MT!"', "", "machine"),
        ('changeid="mt"', "", "machine"),
        ('creationid="MT!" changeid="ABE"', "", "human"),  # a person confirmed it
        ('creationid="MATT"', "", "human"),
        ("", '<prop type="x-origin">machine</prop>', "machine"),
        ("", '<prop type="Origin">MT</prop>', "machine"),
        ("", '<prop type="x-origin">human</prop>', "human"),
        ("", '<prop type="x-client">machine</prop>', "human"),
    ],
)
def test_machine_translations_are_known_by_their_marks(attributes: str, inside: str, origin: str) -> None:
    assert read_one(document(tu(attributes=attributes, inside=inside))).origin == origin


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("EN-US", "en"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("en-AU", "en"),
        ("ja-JP", "ja"),
        ("JA_jp", "ja"),
        ("ja-Hira", "ja-Hira"),
        ("pt-br", "pt-BR"),
        ("pt", "pt-BR"),
        ("zh-CN", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant", "zh-Hant"),
        ("ne-NP", "ne"),
        ("my-MM", "my"),
        ("km-KH", "km"),
        ("si-LK", "si"),
        ("mn-MN", "mn"),
        ("vi-VN", "vi"),
        ("es-419", "es"),
        ("tl-PH", "tl"),
        ("de-DE", None),
        ("", None),
        ("*all*", None),
    ],
)
def test_codes_of_other_tools_lead_to_served_languages(code: str, tag: str | None) -> None:
    assert served_tag(code) == tag


def test_source_language_is_the_headers_or_the_units() -> None:
    body = tu("a", "あ") + tu("b", "い", attributes='srclang="ja"')

    drafts = read(document(body, srclang="EN-US"))

    assert [(draft.source, draft.source_text, draft.target_text) for draft in drafts] == [
        ("en", "a", "あ"),
        ("ja", "い", "b"),
    ]


def test_first_text_is_the_source_where_any_may_be() -> None:
    assert [draft.source for draft in read(document(tu(), srclang="*all*"))] == ["en"]


def test_unit_in_many_languages_gives_a_pair_for_each() -> None:
    body = "<tu>" + "".join(
        f'<tuv xml:lang="{tag}"><seg>{tag} text</seg></tuv>'
        for tag in ("en", "ja", "pt-BR", "vi", "en-GB", "de")
    )
    count = TmxCount()

    drafts = read(document(body + "</tu>"), count)

    assert [(draft.source, draft.target, draft.target_text) for draft in drafts] == [
        ("en", "ja", "ja text"),
        ("en", "pt-BR", "pt-BR text"),
        ("en", "vi", "vi text"),
    ]
    assert (count.units, count.taken, count.languages_not_served) == (1, 3, {"de": 1})


def test_what_cannot_be_used_is_counted_and_skipped() -> None:
    body = (
        tu()
        + '<tu><tuv xml:lang="de"><seg>Hallo</seg></tuv><tuv xml:lang="ja"><seg>やあ</seg></tuv></tu>'
        + tu("a" * 21, "長い")
        + tu("Empty", "。")
        + '<tu><tuv xml:lang="en"><seg>alone</seg></tuv></tu>'
        + "<tu/>"
    )
    count = TmxCount()

    drafts = read(document(body), count, text=20)

    assert [draft.source_text for draft in drafts] == ["Hello"]
    assert count == TmxCount(units=6, taken=1, languages_not_served={"de": 1}, too_long=1, empty=1, alone=5)


def test_codes_inside_a_segment_are_left_out_and_marked_text_stays() -> None:
    segment = (
        'Bring <bpt i="1">&lt;b&gt;</bpt>your <hi type="x">card</hi><ept i="1">&lt;/b&gt;</ept>'
        '<ph>&lt;img alt="<sub>a picture</sub>"/&gt;</ph> &amp; stamp<it pos="begin">x</it>.'
    )

    assert texts(document(tu(segment))) == [("Bring your card & stamp.", "こんにちは")]


def test_notes_and_properties_are_not_text() -> None:
    body = tu(inside='<note>a note</note><prop type="x-a">b</prop>')

    assert texts(document(body)) == [("Hello", "こんにちは")]


def test_doctype_is_accepted_and_not_fetched() -> None:
    data = document(tu(), doctype='<!DOCTYPE tmx SYSTEM "http://127.0.0.1:9/tmx14.dtd">')

    assert texts(data) == [("Hello", "こんにちは")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
def test_other_encodings_that_the_file_names_are_read(encoding: str) -> None:
    name = "UTF-16" if encoding.startswith("utf-16") else encoding
    text = document(tu("Olá", "Sao")).decode().replace("UTF-8", name)
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")

    assert texts(mark + text.encode(encoding)) == [("Olá", "Sao")]


def test_byte_order_mark_is_no_text() -> None:
    assert texts(b"\xef\xbb\xbf" + document(tu())) == [("Hello", "こんにちは")]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            document(tu("&l9;"), doctype=f'<!DOCTYPE tmx [<!ENTITY l0 "lol">{LAUGHS}]>'),
            "The file declares entities of its own, which TMX has no use for; remove them.",
        ),
        (
            document(tu("&x;"), doctype='<!DOCTYPE tmx [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
            "The file declares entities of its own, which TMX has no use for; remove them.",
        ),
        (
            document(tu(), doctype='<!DOCTYPE tmx [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>'),
            "The file declares entities of its own, which TMX has no use for; remove them.",
        ),
        (
            document(tu("caf&eacute;"), doctype='<!DOCTYPE tmx SYSTEM "tmx14.dtd">'),
            "The file uses the entity &eacute; without saying what it is; write the character instead.",
        ),
        (document(tu("caf&eacute;")), NOT_SOUND.format("undefined entity")),
        (document(tu())[:-30], "The file ends too early, at line 1; copy it again."),
        (document(tu())[:200], "The file ends too early, at line 1; copy it again."),
        (b"", "The file ends too early, at line 1; copy it again."),
        (b"\x00\x01\x02", NOT_SOUND.format("not well-formed (invalid token)")),
        (document(tu("\x0b")), NOT_SOUND.format("not well-formed (invalid token)")),
        (document(tu()).replace(b"Hello", b"Ol\xe1"), NOT_SOUND.format("not well-formed (invalid token)")),
        (document(tu()).replace(b"UTF-8", b"Shift_JIS"), "The file's encoding is not known; save it as UTF-8."),
        (document(tu()).replace(b"UTF-8", b"klingon"), "The file's encoding is not known; save it as UTF-8."),
        (b"<html><body/></html>", "The file is not TMX: it begins with <html>."),
        (document("<tu>" + tu() + "</tu>"), "The file is not TMX: a <tu> stands inside another."),
        (
            document(tu("<hi>" * 30 + "x" + "</hi>" * 30)),
            "The file's elements are inside each other too deeply for TMX.",
        ),
    ],
)  # fmt: skip
def test_broken_or_hostile_file_gets_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(data)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("data", "limits", "sentence"),
    [
        (document(tu() * 3), {"units": 2}, "The file has more than 2 units; split it."),
        (document(tu() * 12_000), {"bytes": 1024 * 1024}, "The file is larger than 1 MB; split it."),
        (
            document("<tu>" + '<tuv xml:lang="en"><seg>a</seg></tuv>' * 3 + "</tu>"),
            {"variants": 2},
            "A <tu> of the file has more than 2 languages.",
        ),
        (
            document(tu(attributes=f'creationid="{"x" * 400_000}"')),
            {"token": 200_000},
            "A tag of the file is longer than 195 kB.",
        ),
        (
            document("<!--" + "x" * 400_000 + "-->"),
            {"token": 200_000},
            "A tag of the file is longer than 195 kB.",
        ),
    ],
)
def test_limits_are_kept_and_named(data: bytes, limits: dict[str, int], sentence: str) -> None:
    with pytest.raises(TooLarge) as refused:
        read(data, **limits)

    assert str(refused.value) == sentence


def test_file_as_large_as_the_limits_is_read() -> None:
    data = document(tu("a" * 20, "あ" * 20) * 2)

    assert len(read(data, units=2, variants=2, text=20, bytes=len(data))) == 2


def test_huge_segment_costs_no_memory_and_only_its_own_unit() -> None:
    import tracemalloc

    data = document(tu("x" * 30_000_000) + tu())
    count = TmxCount()
    tracemalloc.start()
    try:
        drafts = read(data, count)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [draft.source_text for draft in drafts] == ["Hello"]
    assert count.too_long == 1
    assert peak - len(data) < 10_000_000


def test_units_come_before_the_end_of_the_file_is_read() -> None:
    stream = io.BytesIO(document(tu() * 20_000))

    next(read_tmx(stream, came_from=""))

    assert stream.tell() < 100_000


UNIT = Unit(
    id="74fb7772-af74-48bd-a60b-621bb0518c90",
    source="en",
    target="ja",
    source_text="Hello",
    target_text="こんにちは",
    origin="human",
    author="ito",
    came_from="review:m1/4",
    created_at=NOW,
    updated_at=NOW + dt.timedelta(days=1),
)


async def written(*units: Unit) -> bytes:
    async def given() -> AsyncIterator[Unit]:
        for unit in units:
            yield unit

    stream = io.BytesIO()
    assert await write_tmx(given(), stream, version="0.1.0") == len(units)
    return stream.getvalue()


async def test_unit_that_was_written_is_read_with_all_that_is_known_about_it() -> None:
    machine = replace(UNIT, origin="machine", author="", came_from="", source="ja", target="pt-BR")

    drafts = read(await written(UNIT, machine))

    assert drafts[0] == Draft(
        source="en",
        target="ja",
        source_text="Hello",
        target_text="こんにちは",
        origin="human",
        author="ito",
        came_from="review:m1/4",
        created_at=NOW,
        updated_at=NOW + dt.timedelta(days=1),
    )
    assert (drafts[1].source, drafts[1].target, drafts[1].origin) == ("ja", "pt-BR", "machine")


async def test_file_without_units_is_sound() -> None:
    assert read(await written()) == []


stored_texts = st.text(min_size=1).map(storable).filter(lambda text: bool(key_of(text).strip("?")))


@settings(suppress_health_check=[HealthCheck.filter_too_much], deadline=None)
@given(stored_texts, stored_texts, stored_texts)
async def test_every_text_that_can_be_stored_survives(source: str, target: str, author: str) -> None:
    [draft] = read(
        await written(replace(UNIT, source_text=source, target_text=target, author=author, came_from=author)),
        text=100_000,
    )

    assert (draft.source_text, draft.target_text, draft.author) == (source, target, author)
    assert draft.came_from == author


async def test_another_reader_understands_what_was_written() -> None:
    tmx = pytest.importorskip("translate.storage.tmx", reason="install the package translate-toolkit")
    awkward = replace(
        UNIT, source_text="a < b & \"c\" ]]> 'd'", target_text="改\n行\tと👩‍👩‍👧", author="O'Brien <x>"
    )

    store = tmx.tmxfile.parsestring(await written(UNIT, awkward))

    assert [(unit.source, unit.target) for unit in store.units] == [
        ("Hello", "こんにちは"),
        (awkward.source_text, awkward.target_text),
    ]
    element = store.units[1].xmlelement
    assert element.get("creationid") == "O'Brien <x>"
    assert element.get("creationdate") == "20261124T093015Z"
    assert element.get("changedate") == "20261125T093015Z"


async def test_what_another_writer_wrote_is_read() -> None:
    tmx = pytest.importorskip("translate.storage.tmx", reason="install the package translate-toolkit")
    store = tmx.tmxfile(sourcelanguage="en", targetlanguage="ja")
    store.addtranslation("Where is the <counter>?", "en", "窓口はどこ？", "ja", comment="a note")
    stream = io.BytesIO()
    store.serialize(stream)

    assert texts(stream.getvalue()) == [("Where is the <counter>?", "窓口はどこ？")]
