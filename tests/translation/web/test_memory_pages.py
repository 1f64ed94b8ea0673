"""The pages of the memory over real HTTP, as a browser without scripts uses them."""

from __future__ import annotations

import html
from typing import Any

import pytest
from aiohttp import ClientSession, FormData

from tests.core.page_checks import Page, problems
from tests.translation.web.conftest import Build, Running
from translation.web import WebOptions

HOSTILE = "</p><img src=x onerror=alert(1)><script>alert(2)</script> {{ 7*7 }} \"'"
TMX = """<?xml version="1.0"?><tmx version="1.4"><header srclang="ja"/><body>
<tu><tuv xml:lang="ja"><seg>市民課は2階です。</seg></tuv>
<tuv xml:lang="en"><seg>Civil Affairs is on floor 2.</seg></tuv></tu>
<tu><tuv xml:lang="ja"><seg>駅前です。</seg></tuv><tuv xml:lang="sv"><seg>Vid stationen.</seg></tuv></tu>
</body></tmx>"""


class Reader:
    """Somebody at the pages."""

    def __init__(self, site: Running, client: ClientSession) -> None:
        self.site = site
        self.client = client
        self.status = 0
        self.where = ""
        self.html = ""

    async def get(self, path: str) -> Page:
        async with self.client.get(self.site.url(path), headers={"Accept": "text/html"}) as answer:
            return await self._read(answer)

    async def post(self, path: str, form: Any = None, **fields: str) -> Page:
        """Send a form with the session's token, following where it leads."""
        data = form if form is not None else fields
        async with self.client.post(
            self.site.url(path), data=data, headers={"Accept": "text/html"}
        ) as answer:
            return await self._read(answer)

    async def _read(self, answer: Any) -> Page:
        self.status, self.where = answer.status, answer.url.path_qs
        self.html = await answer.text()
        return Page(self.html)


@pytest.fixture
async def reader(site: Running) -> Reader:
    return Reader(site, await site.log_in("interpreter"))


def rows(page: Page) -> list[tuple[tuple[str, str], ...]]:
    """(language, text) of both sides of each unit shown."""
    return [
        tuple((side.attributes["lang"], side.text) for side in twins.children)
        for twins in page.has_class("twins")
    ]


def alert(page: Page) -> str:
    """What the page says went wrong; not what a script may say later."""
    shown = [
        element.text.strip()
        for element in page.elements
        if element.attributes.get("role") == "alert" and "hidden" not in element.attributes
    ]
    return " ".join(shown)


def upload(text: str | bytes, name: str = "office.tmx") -> FormData:
    form = FormData()
    form.add_field("file", text if isinstance(text, bytes) else text.encode(), filename=name)
    return form


# Who may


@pytest.mark.parametrize(
    "path", ["/memory", "/memory/new", "/memory/import", "/memory/export.tmx", "/memory/x"]
)
async def test_visitor_is_sent_to_the_login_form(site: Running, path: str) -> None:
    visitor = Reader(site, await site.visitor())
    await visitor.get(path)
    assert visitor.where.startswith("/login?")


@pytest.mark.parametrize("role", ["staff", "interpreter", "admin"])
async def test_everybody_who_works_here_reads_and_adds(site: Running, role: str) -> None:
    reader = Reader(site, await site.log_in(role))
    for path in ("/memory", "/memory/new"):
        await reader.get(path)
        assert (reader.status, problems(reader.html)) == (200, [])


@pytest.mark.parametrize(("role", "status"), [("staff", 403), ("interpreter", 200), ("admin", 200)])
async def test_only_interpreters_import_files(site: Running, role: str, status: int) -> None:
    reader = Reader(site, await site.log_in(role))
    await reader.get("/memory/import")
    assert reader.status == status
    await reader.post("/memory/import", upload(TMX))
    assert (reader.status, len(await site.all())) == (status, 1 if status == 200 else 0)
    page = await reader.get("/memory")
    links = [link.attributes["href"] for link in page.all("a")]
    assert ("/memory/import" in links) == (status == 200)


@pytest.mark.parametrize("path", ["/memory/new", "/memory/{id}", "/memory/{id}/delete", "/memory/import"])
async def test_change_without_the_sessions_token_is_refused(site: Running, reader: Reader, path: str) -> None:
    unit = await site.learn()
    del reader.client.headers["X-CSRF-Token"]
    form = {"from": "ja", "to": "en", "source_text": "別", "target_text": "other", "csrf_token": "wrong"}
    await reader.post(path.format(id=unit.id), **form)
    assert reader.status == 403
    assert await site.all() == [unit]


async def test_change_with_the_token_of_the_form_is_taken(site: Running, reader: Reader) -> None:
    token = reader.client.headers.popall("X-CSRF-Token")[0]
    page = await reader.get("/memory/new")
    assert [field.attributes["value"] for field in page.all("input", name="csrf_token")] == [token, token]
    form = {"from": "ja", "to": "en", "source_text": "市役所です。", "target_text": "City hall."}
    await reader.post("/memory/new", **form, csrf_token=token)
    assert [unit.target_text for unit in await site.all()] == ["City hall."]


# Reading


async def test_empty_memory_says_how_it_grows(reader: Reader) -> None:
    page = await reader.get("/memory?ui=en")
    assert "No translations yet" in page.root.text
    assert "approved in the review room" in page.root.text
    assert problems(reader.html) == []


async def test_units_stand_in_their_own_languages_the_newest_first(site: Running, reader: Reader) -> None:
    await site.learn("一つ目です。", target_text="The first.")
    await site.learn("二つ目です。", target="pt-BR", target_text="O segundo.")
    page = await reader.get("/memory")
    assert rows(page) == [
        (("ja", "二つ目です。"), ("pt-BR", "O segundo.")),
        (("ja", "一つ目です。"), ("en", "The first.")),
    ]
    assert problems(reader.html) == []


@pytest.mark.parametrize(
    ("language", "expected"), [("ja", "日本語 →から ポルトガル語"), ("en", "Japanese →into Portuguese")]
)
async def test_languages_are_named_in_the_language_of_the_page(
    site: Running, reader: Reader, language: str, expected: str
) -> None:
    await site.learn(target="pt-BR", target_text="Às 9.")
    page = await reader.get(f"/memory?ui={language}")
    (foot,) = page.has_class("unit-foot")
    assert expected in " ".join(foot.text.split())


async def test_who_when_and_from_where_is_said(site: Running, reader: Reader) -> None:
    unit = await site.learn(came_from="review:k3m9pq2r7t/12", author="鈴木 マリア")
    page = await reader.get("/memory?ui=ja")
    (foot,) = page.has_class("unit-foot")
    (time,) = page.all("time")
    assert "鈴木 マリア" in foot.text
    assert time.attributes["datetime"] == "2026-11-02T09:30:01+09:00"
    (link,) = [link for link in page.all("a") if link.above("li") and link.text == "確認室の字幕 12"]
    assert link.attributes["href"] == "/review/k3m9pq2r7t?lang=en&at=12#s12"
    (edit,) = [link for link in foot.children if link.tag == "a"]
    assert edit.attributes["href"] == f"/memory/{unit.id}"


async def test_staff_who_may_not_review_get_no_link_there(site: Running) -> None:
    await site.learn(came_from="review:k3m9pq2r7t/12")
    reader = Reader(site, await site.log_in("staff"))
    page = await reader.get("/memory?ui=en")
    assert "review room, caption 12" in page.root.text
    assert [link for link in page.all("a") if link.attributes["href"].startswith("/review")] == []


@pytest.mark.parametrize(
    ("came_from", "expected"),
    [
        ("page", "this page"),
        ("tmx:office.tmx", "imported, office.tmx"),
        ("tmx:<b>", "imported, <b>"),
        ("review:../../x/1", "elsewhere"),
        ("review:javascript:alert/1", "elsewhere"),
        ("", "elsewhere"),
    ],
)
async def test_every_origin_is_said_and_none_leads_astray(
    site: Running, reader: Reader, came_from: str, expected: str
) -> None:
    await site.learn(came_from=came_from)
    page = await reader.get("/memory?ui=en")
    (foot,) = page.has_class("unit-foot")
    assert expected in foot.text
    assert [
        link.text for link in page.all("a") if link in foot.children or link.above("p") in foot.children
    ] == ["Edit"]


async def test_people_and_machines_are_told_apart(site: Running, reader: Reader) -> None:
    await site.learn("人です。")
    await site.learn("機械です。", origin="machine")
    page = await reader.get("/memory?ui=en")
    chips = [chip.text for chip in page.has_class("chip") if chip.above("ul")]
    assert chips == ["By a machine", "By a person"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("words=窓口", ["窓口は9時に開きます。"]),
        ("words=COUNTER", ["窓口は9時に開きます。"]),
        ("words=counter+nine", []),
        ("to=pt-BR", ["学校です。"]),
        ("from=ja&to=en", ["窓口は9時に開きます。"]),
        ("from=pt-BR", []),
        ("words=%25", []),
    ],
)
async def test_search_finds_words_and_pairs(
    site: Running, reader: Reader, query: str, expected: list[str]
) -> None:
    await site.learn()
    await site.learn("学校です。", target="pt-BR", target_text="É a escola.")
    page = await reader.get(f"/memory?{query}")
    assert [sides[0][1] for sides in rows(page)] == expected
    assert problems(reader.html) == []


async def test_search_is_kept_in_the_form_and_in_the_links(site: Running, reader: Reader) -> None:
    for number in range(3):
        await site.learn(f"窓口{number}です。")
    page = await reader.get("/memory?words=窓口&from=ja&to=en")
    assert page.all("input", name="words")[0].attributes["value"] == "窓口"
    chosen = [option.attributes["value"] for option in page.all("option") if "selected" in option.attributes]
    assert chosen == ["ja", "en"]
    assert any("from=ja&to=en" in link.attributes["href"] for link in page.all("a"))


async def test_unknown_language_in_a_search_is_refused(reader: Reader) -> None:
    await reader.get("/memory?from=xx")
    assert reader.status == 400


async def test_pages_follow_each_other_without_gap_or_repeat(build: Build) -> None:
    site = await build(options=WebOptions(page_rows=3))
    reader = Reader(site, await site.log_in("staff"))
    for number in range(7):
        await site.learn(f"{number}番です。")
    seen: list[str] = []
    where = "/memory?to=en"
    while where:
        page = await reader.get(where)
        seen += [sides[0][1] for sides in rows(page)]
        following = [link.attributes["href"] for link in page.all("a") if "after=" in link.attributes["href"]]
        where = next((html.unescape(href) for href in following if "続き" in page.root.text), "")
        if where:
            assert where.startswith("/memory?to=en&after=")
    assert seen == [f"{number}番です。" for number in (6, 5, 4, 3, 2, 1, 0)]


async def test_language_of_the_page_can_be_changed_within_a_search(site: Running, reader: Reader) -> None:
    page = await reader.get("/memory?words=a%26b&to=en")
    (switch,) = [link for link in page.all("a") if link.attributes.get("hreflang") == "en"]
    assert switch.attributes["href"] == "/memory?ui=en&words=a%26b&to=en"


async def test_hostile_unit_stays_text_everywhere(site: Running, reader: Reader) -> None:
    unit = await site.learn(HOSTILE, target_text=HOSTILE, author=HOSTILE[:60], came_from=f"tmx:{HOSTILE}")
    for path in ("/memory", f"/memory?words={'%3Cscript%3E'}", f"/memory/{unit.id}"):
        page = await reader.get(path)
        assert HOSTILE in page.root.text
        assert (page.all("img"), problems(reader.html)) == ([], [])
        assert "49" not in [element.text for element in page.all("p")]


# Changing


async def test_new_unit_is_used_from_the_next_sentence_on(site: Running, reader: Reader) -> None:
    form = {"from": "ja", "to": "pt-BR", "source_text": "市役所です。", "target_text": "É a prefeitura."}
    await reader.get("/memory/new?ui=en")
    page = await reader.post("/memory/new?ui=en", **form)
    assert reader.where == "/memory?done=learnt"
    assert "It is used from the next translation on." in page.root.text
    match = site.memory.find("市役所です。", "ja", "pt-BR")
    assert match is not None
    assert (match.text, match.unit.author, match.unit.came_from, match.unit.origin) == (
        *("É a prefeitura.", "Person interpreter", "page", "human"),
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"source_text": " "}, "Write both"),
        ({"target_text": ""}, "Write both"),
        ({"to": "ja"}, "two different languages"),
        ({"to": "xx"}, "Choose the languages"),
        ({"from": ""}, "Choose the languages"),
        ({"source_text": "あ" * 2001}, "at most 2000 characters"),
        ({"target_text": "……"}, "needs words"),
    ],
)
async def test_unit_that_cannot_be_kept_is_refused_and_stays_in_the_form(
    site: Running, reader: Reader, changes: dict[str, str], expected: str
) -> None:
    form = {"from": "ja", "to": "en", "source_text": "市役所です。", "target_text": "City hall."} | changes
    page = await reader.post("/memory/new?ui=en", **form)
    assert reader.status in (400, 413)
    assert expected in alert(page)
    assert [box.text.strip() for box in page.all("textarea")] == [
        form["source_text"].strip(),
        form["target_text"].strip(),
    ]
    assert (problems(reader.html), await site.all()) == ([], [])


async def test_lines_of_a_text_are_kept(site: Running, reader: Reader) -> None:
    form = {"from": "ja", "to": "en", "source_text": "一\r\n二", "target_text": "one\r\ntwo"}
    await reader.post("/memory/new", **form)
    assert [(unit.source_text, unit.target_text) for unit in await site.all()] == [("一\n二", "one\ntwo")]


async def test_unit_is_shown_with_everything_known_about_it(site: Running, reader: Reader) -> None:
    unit = await site.learn(came_from="tmx:office.tmx")
    page = await reader.get(f"/memory/{unit.id}?ui=en")
    assert [(box.attributes["lang"], box.text) for box in page.all("textarea")] == [
        ("ja", unit.source_text),
        ("en", unit.target_text),
    ]
    known = " ".join(page.all("dl")[0].text.split())
    assert "Written by佐藤 花子" in known.replace("Written by ", "Written by")
    assert "imported, office.tmx" in known
    assert problems(reader.html) == []


async def test_changed_unit_is_used_and_names_who_changed_it(site: Running, reader: Reader) -> None:
    unit = await site.learn(origin="machine")
    await reader.post(f"/memory/{unit.id}", source_text=unit.source_text, target_text="Opens at 9.")
    assert reader.where == "/memory?done=changed"
    match = site.memory.find(unit.source_text, "ja", "en")
    assert match is not None
    assert (match.text, match.unit.author, match.unit.origin) == (
        "Opens at 9.",
        "Person interpreter",
        "human",
    )


async def test_change_into_the_original_of_another_unit_is_refused(site: Running, reader: Reader) -> None:
    await site.learn("一つ目です。")
    unit = await site.learn("二つ目です。")
    page = await reader.post(f"/memory/{unit.id}?ui=en", source_text="一つ目です。", target_text="x y")
    assert reader.status == 409
    assert "another translation of this original" in alert(page)
    assert page.all("textarea")[1].text == "x y"
    assert problems(reader.html) == []


async def test_emptied_unit_is_refused(site: Running, reader: Reader) -> None:
    unit = await site.learn()
    page = await reader.post(f"/memory/{unit.id}?ui=en", source_text="", target_text="x")
    assert (reader.status, await site.all()) == (400, [unit])
    assert "Write both" in alert(page)


async def test_deleted_unit_is_gone_after_one_confirmation(site: Running, reader: Reader) -> None:
    unit = await site.learn()
    page = await reader.get(f"/memory/{unit.id}?ui=en")
    (form,) = page.all("form", action=f"/memory/{unit.id}/delete")
    assert form.above("details") is not None
    page = await reader.post(f"/memory/{unit.id}/delete?ui=en")
    assert reader.where == "/memory?done=forgotten"
    assert "a machine translates this sentence" in page.root.text
    assert (await site.all(), site.memory.find(unit.source_text, "ja", "en")) == ([], None)


@pytest.mark.parametrize(
    "path", ["/memory/nothing", "/memory/nothing/delete", "/memory/%00", f"/memory/{'x' * 200}"]
)
async def test_unknown_unit_is_not_found(reader: Reader, path: str) -> None:
    if not path.endswith("delete"):
        await reader.get(path)
        assert reader.status == 404
    await reader.post(path, source_text="a", target_text="b")
    assert reader.status == 404


@pytest.mark.parametrize("done", ["", "x", "learnt<script>", "upload.title"])
async def test_page_says_only_what_can_have_been_done(reader: Reader, done: str) -> None:
    page = await reader.get(f"/memory?done={done}")
    assert page.has_class("banner") == [
        banner for banner in page.has_class("banner") if banner.attributes.get("id") == "offline-banner"
    ]


# Files


async def test_imported_file_is_used_and_what_was_skipped_is_said(site: Running, reader: Reader) -> None:
    page = await reader.post("/memory/import?ui=en", upload(TMX))
    assert "Read 2 units and added 1." in page.root.text
    assert "sv" in page.root.text
    assert problems(reader.html) == []
    (unit,) = await site.all()
    assert (unit.came_from, unit.author, unit.origin) == ("tmx:office.tmx", "Person interpreter", "human")
    match = site.memory.find("市民課は2階です。", "ja", "en")
    assert match is not None
    assert match.text == "Civil Affairs is on floor 2."


async def test_file_that_comes_by_itself_is_taken_like_that_of_a_form(site: Running, reader: Reader) -> None:
    headers = {"Content-Type": "application/x-tmx+xml", "Accept": "text/html"}
    url = site.url("/memory/import?name=office.tmx&ui=en")
    async with reader.client.post(url, data=TMX.encode(), headers=headers) as answer:
        assert (answer.status, "added 1" in await answer.text()) == (200, True)
    assert [unit.came_from for unit in await site.all()] == ["tmx:office.tmx"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\files\\a.tmx", "a.tmx"),
        ("..", "file.tmx"),
        ("", "file.tmx"),
        ("a\x00b\n.tmx", "ab.tmx"),
        ("あ" * 200 + ".tmx", "あ" * 76 + ".tmx"),
    ],
)
async def test_name_of_a_file_is_only_a_name(site: Running, reader: Reader, given: str, kept: str) -> None:
    headers = {"Content-Type": "application/x-tmx+xml"}
    url = site.server.make_url("/memory/import").with_query(name=given)
    async with reader.client.post(url, data=TMX.encode(), headers=headers) as answer:
        assert answer.status == 200
    assert [unit.came_from for unit in await site.all()] == [f"tmx:{kept}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "cannot be read as TMX"),
        ("not xml", "cannot be read as TMX"),
        ("<tmx><body><tu>", "cannot be read as TMX"),
        ("<html></html>", "cannot be read as TMX"),
        ('<!DOCTYPE tmx [<!ENTITY a "b">]><tmx>&a;</tmx>', "entities"),
        ('<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/passwd">]><tmx>&a;</tmx>', "entities"),
        (b"\x00\xff\xfe", "cannot be read as TMX"),
        ("<tmx version='1.4'><header/><body></body></tmx>", "no translations between languages"),
    ],
)
async def test_broken_file_is_refused_and_changes_nothing(
    site: Running, reader: Reader, text: str | bytes, expected: str
) -> None:
    page = await reader.post("/memory/import?ui=en", upload(text))
    assert reader.status == 400
    assert expected in alert(page)
    assert (problems(reader.html), await site.all()) == ([], [])


async def test_file_that_breaks_off_in_the_middle_changes_nothing(site: Running, reader: Reader) -> None:
    page = await reader.post("/memory/import?ui=en", upload(TMX.replace("</body></tmx>", "")))
    assert (reader.status, await site.all()) == (400, [])
    assert "cannot be read as TMX" in alert(page)


@pytest.mark.parametrize("fields", [{}, {"file": "no file, a text"}])
async def test_import_without_a_file_asks_for_one(reader: Reader, fields: dict[str, str]) -> None:
    form = FormData(fields)
    form._is_multipart = True
    page = await reader.post("/memory/import?ui=en", form)
    assert (reader.status, alert(page)) == (400, "Choose a TMX file.")


async def test_file_beyond_the_limit_of_forms_is_refused(build: Build) -> None:
    site = await build(body_limit=20_000)
    reader = Reader(site, await site.log_in("interpreter"))
    await reader.post("/memory/import", upload(TMX + " " * 30_000))
    assert (reader.status, await site.all()) == (413, [])


async def test_file_by_itself_may_be_larger_than_a_form_but_not_without_limit(build: Build) -> None:
    site = await build(body_limit=20_000, options=WebOptions(file_bytes=3 * 1024 * 1024))
    reader = Reader(site, await site.log_in("interpreter"))
    headers = {"Content-Type": "application/x-tmx+xml", "Accept": "text/html"}
    for padding, status, units in ((4 * 1024 * 1024, 413, 0), (40_000, 200, 1)):
        body = TMX.encode() + b"\n" * padding
        async with reader.client.post(site.url("/memory/import?ui=en"), data=body, headers=headers) as answer:
            page = await answer.text()
        assert (answer.status, len(await site.all())) == (status, units)
        assert ("The limit is 3 MB" in alert(Page(page))) == (status == 413)


async def test_file_by_itself_needs_the_sessions_token(site: Running, reader: Reader) -> None:
    del reader.client.headers["X-CSRF-Token"]
    headers = {"Content-Type": "application/x-tmx+xml"}
    async with reader.client.post(site.url("/memory/import"), data=TMX.encode(), headers=headers) as answer:
        assert answer.status == 403
    assert await site.all() == []


async def test_exported_file_can_be_imported_again(site: Running, reader: Reader) -> None:
    await site.learn(HOSTILE, came_from="review:k3m9pq2r7t/12")
    await site.learn("学校です。", target="pt-BR", target_text="É a escola.")
    before = await site.all()
    async with reader.client.get(site.url("/memory/export.tmx")) as answer:
        data = await answer.read()
        assert answer.headers["Content-Disposition"] == 'attachment; filename="memory.tmx"'
        assert answer.content_type == "application/x-tmx+xml"
    for unit in before:
        await site.memory.forget(unit.id)
    await reader.post("/memory/import", upload(data))

    def content(units: list[Any]) -> list[tuple[Any, ...]]:
        return [(unit.source_text, unit.target_text, unit.author, unit.came_from) for unit in units]

    assert sorted(content(await site.all())) == sorted(content(before))


async def test_export_takes_a_pair(site: Running, reader: Reader) -> None:
    await site.learn()
    await site.learn("学校です。", target="pt-BR", target_text="É a escola.")
    async with reader.client.get(site.url("/memory/export.tmx?from=ja&to=pt-BR")) as answer:
        text = await answer.text()
        assert answer.headers["Content-Disposition"] == 'attachment; filename="memory-ja-pt-BR.tmx"'
    assert ("É a escola." in text, "The counter" in text) == (True, False)


async def test_large_export_arrives_whole(site: Running, reader: Reader) -> None:
    for number in range(300):
        await site.learn(f"{number}番です。", target_text=f"Number {number}. " + "word " * 100)
    async with reader.client.get(site.url("/memory/export.tmx")) as answer:
        text = await answer.text()
    assert (text.count("<tu "), text.endswith("</tmx>\n")) == (300, True)
