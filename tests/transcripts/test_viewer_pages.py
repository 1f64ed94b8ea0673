"""What a reader is sent before any script runs: words, choices, hall screen, overlay, poster."""

from __future__ import annotations

import string
import tomllib

import pytest
from aiohttp import ClientSession, CookieJar

from core.words import flatten
from tests.core.page_checks import Element, Page, problems
from tests.transcripts.conftest import ROOT, Build, Running, segment
from transcripts.phrases import breaks, phrases
from transcripts.web import WebOptions

READER = ROOT / "transcripts" / "words" / "reader"
TAGS = sorted(path.stem for path in READER.glob("*.toml"))
REQUIRED = {"ja-Hira", "pt-BR", "zh-Hans", "vi", "ko", "es", "tl", "id", "ne"}


async def page(
    site: Running, path: str, *, status: int = 200, client: ClientSession | None = None, browser: str = ""
) -> Page:
    headers = {"Accept": "text/html", "Accept-Language": browser}
    async with (client or site.visitor).get(site.url(path), headers=headers) as answer:
        text = await answer.text()
        assert answer.status == status, text
    assert problems(text) == []
    return Page(text)


def by_id(found: Page, name: str) -> Element:
    (element,) = [each for each in found.elements if each.attributes.get("id") == name]
    return element


def within(around: Element, tag: str) -> list[Element]:
    """Elements of this tag inside another."""
    inside = [each for child in around.children for each in [child, *within(child, tag)]]
    return list({id(each): each for each in inside if each.tag == tag}.values())


def classes(element: Element) -> set[str]:
    return set(element.attributes["class"].split())


def languages(elements: list[Element]) -> list[str]:
    return [element.attributes["lang"] for element in elements]


def reads(found: Page) -> tuple[str, str]:
    """The languages in which the page is read."""
    captions = by_id(found, "captions").attributes
    return captions["data-chosen"], captions["data-chosen-second"]


def words(tag: str) -> dict[str, str]:
    return flatten(tomllib.loads((READER / f"{tag}.toml").read_text("utf-8")))


def fields(text: str) -> list[str]:
    return sorted(field for _, field, _, _ in string.Formatter().parse(text) if field)


async def begun(
    site: Running, *others: str, language: str = "en", text: str = "The school opens at 9."
) -> str:
    meeting = (await site.meeting(*others, language=language)).meeting.id
    await site.service.commit_segment(meeting, segment(1, text))
    return meeting


# Words


def test_readers_have_words_in_the_languages_promised() -> None:
    assert REQUIRED - set(TAGS) == set()


@pytest.mark.parametrize("tag", TAGS)
def test_words_of_a_reader_have_the_keys_and_placeholders_of_the_others(tag: str) -> None:
    here, other = words(tag), words(TAGS[0])
    assert {key: fields(text) for key, text in here.items()} == {
        key: fields(text) for key, text in other.items()
    }


@pytest.mark.parametrize("tag", ["en", "ja"])
def test_every_word_of_a_reader_exists_for_other_pages_too(tag: str) -> None:
    folders = [ROOT / "transcripts" / "words", ROOT / "core" / "web" / "words"]
    known: dict[str, str] = {}
    for folder in folders:
        known |= flatten(tomllib.loads((folder / f"{tag}.toml").read_text("utf-8")))
    assert set(words(TAGS[0])) - set(known) == set()


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("pt-BR", "As legendas acompanham a fala"),
        ("ne", "क्याप्सन बोलीसँगै आइरहेको छ"),
        ("ja-Hira", "文字は すぐ 出ています"),
        ("ja", "字幕は話についていっています"),
        ("en", "Captions follow the speaker"),
    ],
)
async def test_page_speaks_the_language_of_its_reader(site: Running, tag: str, said: str) -> None:
    meeting = await begun(site, "ja", "ja-Hira", "pt-BR", "ne")
    await site.service.start(meeting)
    found = await page(site, f"/meetings/{meeting}?lang={tag}")
    assert by_id(found, "delay").text.strip() == said
    assert found.all("html")[0].attributes["lang"] == tag


async def test_language_without_words_is_addressed_in_english(site: Running) -> None:
    meeting = await begun(site, "my")
    found = await page(site, f"/meetings/{meeting}?lang=my")
    assert found.all("html")[0].attributes["lang"] == "en"


async def test_page_language_asked_for_wins(site: Running) -> None:
    meeting = await begun(site, "pt-BR")
    found = await page(site, f"/meetings/{meeting}?lang=pt-BR&ui=ja")
    assert found.all("html")[0].attributes["lang"] == "ja"


# Choices


async def test_language_chosen_once_is_used_in_the_next_meeting(site: Running) -> None:
    first, second = await begun(site, "ja", "pt-BR"), await begun(site, "ja", "pt-BR")
    client = ClientSession(cookie_jar=CookieJar(unsafe=True))
    site.clients.append(client)
    await page(site, f"/meetings/{first}?lang=pt-BR&second=ja", client=client)
    found = await page(site, f"/meetings/{second}", client=client, browser="ja")
    assert reads(found) == ("pt-BR", "ja")


async def test_language_that_this_meeting_does_not_have_is_not_used(site: Running) -> None:
    first, second = await begun(site, "pt-BR"), await begun(site, "ja")
    client = ClientSession(cookie_jar=CookieJar(unsafe=True))
    site.clients.append(client)
    await page(site, f"/meetings/{first}?lang=pt-BR", client=client)
    found = await page(site, f"/meetings/{second}", client=client, browser="ja")
    assert reads(found) == ("ja", "")


async def test_overlay_does_not_change_what_the_reader_chose(site: Running) -> None:
    meeting = await begun(site, "ja", "pt-BR")
    client = ClientSession(cookie_jar=CookieJar(unsafe=True))
    site.clients.append(client)
    await page(site, f"/meetings/{meeting}?lang=pt-BR", client=client)
    await page(site, f"/meetings/{meeting}?lang=ja&overlay=1", client=client)
    found = await page(site, f"/meetings/{meeting}", client=client)
    assert reads(found) == ("pt-BR", "")


# Without scripts


async def test_page_without_scripts_looks_again_by_itself_until_the_meeting_ends(site: Running) -> None:
    meeting = await begun(site)
    live = await page(site, f"/meetings/{meeting}")
    (refresh,) = live.all("meta", http_equiv="refresh")
    assert (refresh.attributes["content"], refresh.above("noscript") is not None) == ("10", True)
    await site.service.end(meeting)
    assert (await page(site, f"/meetings/{meeting}")).all("meta", http_equiv="refresh") == []


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("ja", "次の説明会は十二月四日金曜日の午後六時半から、二階の多目的ホールで行います。"),
        ("zh-Hans", "下次会议是十二月四日星期五晚上六点半，在二楼的多功能厅举行。"),
        ("th", "การประชุมครั้งต่อไปจะจัดขึ้นในวันศุกร์ที่ 4 ธันวาคม"),
    ],
)
async def test_lines_may_end_between_phrases(site: Running, tag: str, text: str) -> None:
    meeting = await begun(site, language=tag, text=text)
    (shown,) = (await page(site, f"/meetings/{meeting}")).has_class("text")
    assert (len(within(shown, "wbr")), shown.text) == (len(breaks(text, tag)), text)
    assert len(breaks(text, tag)) >= 3


@pytest.mark.parametrize("tag", ["en", "pt-BR", "ko", "ne"])
def test_languages_with_spaces_are_left_to_the_browser(tag: str) -> None:
    assert breaks("One two three, four five.", tag) == []


def test_places_of_breaks_count_characters_and_parts_are_the_whole_text() -> None:
    text = "👨‍👩‍👧 家族で来てください。入口は二階です。"
    assert "".join(phrases(text, "ja")) == text
    assert [text[:at] for at in breaks(text, "ja")] == [
        "".join(phrases(text, "ja")[:count]) for count in range(1, len(phrases(text, "ja")))
    ]


# The hall screen


async def test_hall_screen_has_code_and_address_and_the_last_captions(build: Build) -> None:
    site = await build(web_options=WebOptions(public_url="https://captions.aoba.example"))
    meeting = await begun(site, "ja")
    found = await page(site, f"/meetings/{meeting}?screen=1")
    join = by_id(found, "join")
    assert [image.attributes["src"] for image in within(join, "img")] == [f"/meetings/{meeting}/qr.svg"]
    assert join.text.endswith(f"captions.aoba.example/meetings/{meeting}")
    assert found.has_class("stage-bar") == []
    assert [line.text for line in found.has_class("first")] == ["The school opens at 9."]


async def test_hall_screen_invites_in_every_language_until_somebody_speaks(site: Running) -> None:
    meeting = (await site.meeting("ja", "pt-BR", "vi")).meeting.id
    before = await page(site, f"/meetings/{meeting}?screen=1")
    assert "waiting" in classes(by_id(before, "join"))
    assert languages(within(by_id(before, "join"), "li")) == ["en", "ja", "pt-BR", "vi"]
    await site.service.commit_segment(meeting, segment(1))
    after = await page(site, f"/meetings/{meeting}?screen=1")
    assert "waiting" not in classes(by_id(after, "join"))


# The overlay


async def test_overlay_takes_its_look_from_the_address(site: Running) -> None:
    meeting = await begun(site, "ja")
    found = await page(
        site,
        f"/meetings/{meeting}?overlay=1&lang=ja&second=en&lines=3&size=44&outline=box&place=top&align=center&seconds=8",
    )
    assert classes(found.all("body")[0]) == {
        "watching",
        "overlay",
        "outline-box",
        "place-top",
        "align-center",
    }
    captions = by_id(found, "captions").attributes
    assert [captions[f"data-{name}"] for name in ("lines", "pixels", "seconds")] == ["3", "44", "8"]
    assert [line.text for line in within(by_id(found, "beside"), "p")] == ["The school opens at 9."]


async def test_overlay_without_a_word_has_two_lines_with_a_thin_edge(site: Running) -> None:
    meeting = await begun(site)
    found = await page(site, f"/meetings/{meeting}?overlay=1")
    assert classes(found.all("body")[0]) == {
        "watching",
        "overlay",
        "outline-thin",
        "place-bottom",
        "align-start",
    }
    assert by_id(found, "captions").attributes["data-lines"] == "2"


@pytest.mark.parametrize(
    "wish",
    [
        "lines=0",
        "lines=7",
        "lines=x",
        "size=15",
        "size=201",
        "size=1e2",
        "seconds=-1",
        "outline=red",
        "place=left",
    ],
)
async def test_overlay_that_cannot_be_is_refused_with_what_may_be_written(site: Running, wish: str) -> None:
    meeting = await begun(site)
    async with site.visitor.get(
        site.url(f"/meetings/{meeting}?overlay=1&{wish}"), headers={"Accept": "application/json"}
    ) as answer:
        assert answer.status == 400
        assert f"“{wish.partition('=')[0]}” must be" in (await answer.json())["error"]["message"]


# The poster


async def test_poster_invites_in_the_languages_of_the_meeting(build: Build) -> None:
    site = await build(web_options=WebOptions(public_url="https://captions.aoba.example"))
    meeting = (await site.meeting("ja", "ja-Hira", "zh-Hans", "my")).meeting.id
    found = await page(site, f"/meetings/{meeting}/poster?ui=en")
    assert languages(within(found.has_class("poster-words")[0], "li")) == ["en", "ja", "ja-Hira", "zh-Hans"]
    assert found.has_class("poster-address")[0].text == f"captions.aoba.example/meetings/{meeting}"


async def test_poster_of_no_meeting_is_not_found(site: Running) -> None:
    await page(site, "/meetings/nothing/poster", status=404)
