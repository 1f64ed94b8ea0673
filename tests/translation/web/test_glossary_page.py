"""The glossary's page and its try-it box over real HTTP, without scripts."""

from __future__ import annotations

import pytest

from tests.core.page_checks import Page, problems
from tests.translation.web.conftest import GLOSSARY, Build, Running
from tests.translation.web.test_memory_pages import HOSTILE, Reader, alert
from translation.glossary import Glossary, parse_glossary, read_glossary
from translation.guards import FLAGS
from translation.service import Translator
from translation.web import WebOptions

TERMS = """ja,en,pt-BR,forbidden_en,forbidden_pt-BR,note
市役所,city hall,prefeitura,town office;municipal office,,役所の本館
窓口,counter;desk,balcão,window,janela,
国保,NHI,,,,
"""


def glossary(text: str = TERMS) -> Glossary:
    found, mistakes = parse_glossary(text)
    assert mistakes == ()
    return found


@pytest.fixture
async def reader(build: Build) -> Reader:
    site = await build(glossary=glossary())
    return Reader(site, await site.log_in("staff"))


def cells(page: Page) -> list[list[str]]:
    """The terms of each row, by column."""
    return [
        [
            " / ".join(term.text for term in page.has_class("term") if term.parent is cell)
            for cell in row.children
        ][:-1]
        for row in page.all("tr")
        if row.above("tbody")
    ]


async def test_visitor_is_sent_to_the_login_form(site: Running) -> None:
    visitor = Reader(site, await site.visitor())
    await visitor.get("/glossary")
    assert visitor.where.startswith("/login?")


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_whole_glossary_of_the_city_can_be_read_page_after_page(site: Running, language: str) -> None:
    reader = Reader(site, await site.log_in("admin"))
    found: list[list[str]] = []
    address: str | None = f"/glossary?ui={language}"
    while address:
        page = await reader.get(address)
        assert (reader.status, problems(reader.html)) == (200, [])
        assert len(cells(page)) <= WebOptions().page_rows
        found += cells(page)
        address = next(
            (link.attributes["href"] for link in page.all("a") if "after=" in link.attributes["href"]), None
        )
    assert [row[0] for row in found] == [
        " / ".join(term.wordings["ja"]) for term in read_glossary(GLOSSARY).terms
    ]


async def test_pages_of_a_search_keep_its_words_and_count_all_that_was_found(build: Build) -> None:
    site = await build(
        glossary=glossary(
            "ja,en\n窓口一,first counter\n市役所,city hall\n窓口二,second counter\n窓口三,third counter\n"
        ),
        options=WebOptions(page_rows=2),
    )
    reader = Reader(site, await site.log_in("staff"))
    page = await reader.get("/glossary?words=counter&ui=en")
    assert [row[0] for row in cells(page)] == ["窓口一", "窓口二"]
    assert "3 in all" in page.root.text
    (more,) = [link.attributes["href"] for link in page.all("a") if "after=" in link.attributes["href"]]
    assert more == "/glossary?words=counter&after=2#terms"
    assert [row[0] for row in cells(await reader.get(more))] == ["窓口三"]


@pytest.mark.parametrize("after", ["x", "-1", "²", "999999", "9" * 400])
async def test_page_that_is_not_there_is_the_first(reader: Reader, after: str) -> None:
    page = await reader.get(f"/glossary?after={after}")
    assert [row[0] for row in cells(page)] == ["市役所", "窓口", "国保"]


async def test_terms_stand_under_their_languages_with_every_wording(reader: Reader) -> None:
    page = await reader.get("/glossary?ui=en")
    assert [head.text for head in page.all("th")] == ["Japanese", "English", "Portuguese (Brazil)", "Note"]
    assert cells(page) == [
        ["市役所", "city hall", "prefeitura"],
        ["窓口", "counter / desk", "balcão"],
        ["国保", "NHI", ""],
    ]
    assert "役所の本館" in page.root.text


async def test_wording_that_is_not_to_be_used_is_struck_out_in_its_language(reader: Reader) -> None:
    page = await reader.get("/glossary?ui=en")
    assert [(struck.attributes["lang"], struck.text) for struck in page.all("s")] == [
        ("en", "town office"),
        ("en", "municipal office"),
        ("en", "window"),
        ("pt-BR", "janela"),
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("市役所", ["市役所"]),
        ("PREFEITURA", ["市役所"]),
        ("ｊａｎｅｌａ", ["窓口"]),
        ("本館", ["市役所"]),
        ("counter balcão", ["窓口"]),
        ("counter prefeitura", []),
    ],
)
async def test_search_finds_terms_forbidden_wordings_and_notes(
    reader: Reader, words: str, expected: list[str]
) -> None:
    page = await reader.get(f"/glossary?words={words}")
    assert [row[0] for row in cells(page)] == expected
    assert problems(reader.html) == []


async def test_search_for_nothing_says_so(reader: Reader) -> None:
    page = await reader.get("/glossary?words=zzz&ui=en")
    assert "Nothing was found" in page.root.text


async def test_empty_glossary_says_where_to_write(build: Build) -> None:
    site = await build(glossary=Glossary(()))
    reader = Reader(site, await site.log_in("staff"))
    page = await reader.get("/glossary?ui=en")
    assert "config/city/glossary.csv" in page.root.text
    assert problems(reader.html) == []


async def test_hostile_terms_and_searches_stay_text(build: Build) -> None:
    site = await build(glossary=glossary('ja,en,note\n"<img src=x>市","<script>x</script>","<b>n</b>"\n'))
    reader = Reader(site, await site.log_in("staff"))
    for path in ("/glossary", "/glossary?words=%22%3E%3Cimg%20src=x%3E"):
        page = await reader.get(path)
        assert (page.all("img"), page.all("b"), problems(reader.html)) == ([], [], [])


async def test_without_models_there_is_nothing_to_try_but_japanese(reader: Reader) -> None:
    page = await reader.get("/glossary")
    options = [option.attributes["value"] for option in page.all("option")]
    assert set(options) <= {"ja", "ja-Hira", "zh-Hans", "zh-Hant"}


# Trying


async def tried(reader: Reader, text: str, source: str = "ja", target: str = "en") -> Page:
    return await reader.post("/glossary/try?ui=en", **{"text": text, "from": source, "to": target})


async def test_trial_needs_the_sessions_token(reader: Reader) -> None:
    del reader.client.headers["X-CSRF-Token"]
    await tried(reader, "はい")
    assert reader.status == 403


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        (" ", "ja", "en", "Write a sentence"),
        ("あ" * 2001, "ja", "en", "at most 2000"),
        ("あ", "ja", "ja", "two different languages"),
        ("あ", "ja", "xx", "Choose the languages"),
        ("あ", "ja", "my", "No installed model leads from Japanese to Burmese"),
    ],
)
async def test_sentence_that_cannot_be_tried_says_why_and_stays(
    reader: Reader, text: str, source: str, target: str, expected: str
) -> None:
    page = await tried(reader, text, source, target)
    assert reader.status in (400, 503)
    assert expected in alert(page)
    assert problems(reader.html) == []


async def test_too_many_trials_are_refused_for_a_while(build: Build) -> None:
    site = await build(options=WebOptions(trials="1/minute"))
    reader = Reader(site, await site.log_in("staff"))
    await tried(reader, "はい", "ja", "ja-Hira")
    assert reader.status == 200
    page = await tried(reader, "はい", "ja", "ja-Hira")
    assert (reader.status, alert(page)) == (
        429,
        "That was too often in a row. Wait about a minute, then try again.",
    )


async def test_tried_sentence_shows_everything_that_is_known(build: Build, translator: Translator) -> None:
    site = await build(translator=translator, glossary=glossary())
    reader = Reader(site, await site.log_in("staff"))
    page = await tried(reader, "市役所に1月31日までに来てください。電話は045-123-4567です。")
    assert (reader.status, problems(reader.html)) == (200, [])
    (trial,) = page.has_class("trial")
    known = trial.text
    for expected in ("Japanese", "English", "argos", "Confidence", "%"):
        assert expected in known
    source = page.has_class("lead")[-2]
    assert [(child.attributes["class"].split()[0], child.text) for child in source.children] == [
        ("term", "市役所"),
        ("fact", "1月31日"),
        ("fact", "045-123-4567"),
    ]
    assert page.all("textarea")[0].text.startswith("市役所に")


async def test_every_pair_with_a_model_can_be_chosen(build: Build, translator: Translator) -> None:
    site = await build(translator=translator)
    reader = Reader(site, await site.log_in("staff"))
    page = await reader.get("/glossary")
    for name in ("from", "to"):
        (choice,) = page.all("select", name=name)
        tags = [option.attributes["value"] for option in choice.children]
        assert {"ja", "en", "pt-BR"} <= set(tags)
        assert "my" not in tags


async def test_hostile_sentence_stays_text(build: Build, translator: Translator) -> None:
    site = await build(translator=translator)
    reader = Reader(site, await site.log_in("staff"))
    page = await tried(reader, HOSTILE, "en", "ja")
    assert (reader.status, page.all("img"), problems(reader.html)) == (200, [], [])
    assert HOSTILE in page.root.text


async def test_every_flag_has_words_in_both_languages() -> None:
    from core.words import Words
    from tests.translation.web.conftest import FOLDERS

    words = Words(FOLDERS["translation"] / "words")
    for language in ("ja", "en"):
        keys = words.keys(language)
        assert [flag for flag in FLAGS if f"try.flag.{flag}" not in keys] == []
