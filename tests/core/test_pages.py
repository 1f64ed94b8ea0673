"""The pages that every visitor meets: layout, login, errors, home."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tests.core.page_checks import Element, Page, problems
from tests.core.page_renderer import CLERK, PageRenderer

ERRORS = [
    "invalid_input",
    "not_authorised",
    "not_found",
    "method_not_allowed",
    "conflict",
    "too_large",
    "busy",
    "unavailable",
    "error",
]
LOGIN: dict[str, Any] = {"next": "", "error": None, "name": ""}
DEMO = [
    {"key": key, "address": f"http://127.0.0.1:1/{key}"}
    for key in (
        "simulator",
        "desk",
        "forms",
        "counters",
        "disaster",
        "articles",
        "captions",
        "send",
        "review",
    )
]


@pytest.fixture(scope="module")
def pages() -> PageRenderer:
    return PageRenderer()


def error_page(pages: PageRenderer, code: str, status: int = 400, **context: Any) -> str:
    return pages.render(
        "core/error.html",
        code=code,
        error_status=status,
        sentence="What happened.",
        sentence_language="en",
        **context,
    )


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("account", [None, CLERK], ids=["visitor", "clerk"])
def test_home_is_a_sound_page(pages: PageRenderer, language: str, account: Any) -> None:
    assert problems(pages.render("core/home.html", language=language, account=account)) == []


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("error", [None, "login.wrong", "login.limited"])
def test_login_is_a_sound_page(pages: PageRenderer, language: str, error: str | None) -> None:
    assert problems(pages.render("core/login.html", language=language, **LOGIN | {"error": error})) == []


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("code", ERRORS)
def test_every_error_has_a_sound_page(pages: PageRenderer, language: str, code: str) -> None:
    assert problems(error_page(pages, code, language=language)) == []


def test_checker_finds_what_it_looks_for() -> None:
    html = (
        '<html lang="en"><title>x</title><main onclick="a()"><h1>a</h1><h3 style="x">日本</h3>'
        '<form method="post" action="/x"><input name="a"><button></button></form><a href="#no">b</a>'
        "<script>1</script></main></html>"
    )
    assert problems(html) == [
        "<main onclick> is an inline handler",
        "<h3> carries inline style",
        "inline <script>",
        "heading level jumps from 1 to 3",
        "<input name=a> has no label",
        "<button> has no name",
        "<a> points to #no, which is not there",
        "“日本” is marked as en",
        "form to /x does not show the session's token",
    ]


CHAT = ["/desk", "/desk/forms", "/counters", "/disaster", "/articles"]


def inside(element: Element, other: Element) -> bool:
    here: Element | None = element
    while here is not None and here is not other:
        here = here.parent
    return here is other


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (None, ["/meetings"]),
        ("staff", [*CHAT, "/meetings", "/memory", "/glossary"]),
        ("interpreter", ["/meetings", "/review", "/memory", "/glossary"]),
        ("admin", [*CHAT, "/meetings", "/review", "/memory", "/glossary"]),
    ],
)
@pytest.mark.parametrize("shown", ["site-places", "site-menu"])
def test_navigation_shows_what_the_role_may_open(
    pages: PageRenderer, role: str | None, expected: list[str], shown: str
) -> None:
    account = dataclasses.replace(CLERK, role=role) if role else None
    page = Page(pages.render("core/home.html", account=account))
    if shown == "site-menu" and role is None:
        assert page.has_class(shown) == []  # one place needs no menu
        return
    (places,) = page.has_class(shown)
    assert [link.attributes["href"] for link in page.all("a") if inside(link, places)] == expected


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/desk", "/desk"),
        ("/desk/forms", "/desk/forms"),
        ("/desk/forms/taxi/calendar", "/desk/forms"),
        ("/disaster/shelters", "/disaster"),
    ],
)
def test_the_nearest_place_is_the_current_one_and_names_the_menu(
    pages: PageRenderer, path: str, current: str
) -> None:
    page = Page(pages.render("core/home.html", account=CLERK, path=path))
    marked = page.all("a", aria_current="page")
    assert [link.attributes["href"] for link in marked] == [current, current]  # of the menu and of the row
    (menu,) = page.has_class("site-menu")
    summary = next(child for child in menu.children if child.tag == "summary")
    assert summary.attributes["aria-label"].endswith(f": {marked[0].text}")


@pytest.mark.parametrize(
    ("path", "current"), [("/meetings/m1", ["/meetings"]), ("/meetingsx", []), ("/", [])]
)
def test_navigation_marks_where_one_is(pages: PageRenderer, path: str, current: list[str]) -> None:
    page = Page(pages.render("core/home.html", path=path))
    assert [element.attributes["href"] for element in page.all("a", aria_current="page")] == current


@pytest.mark.parametrize(("language", "other", "word"), [("ja", "en", "English"), ("en", "ja", "日本語")])
def test_language_switch_leads_to_the_same_page(
    pages: PageRenderer, language: str, other: str, word: str
) -> None:
    page = Page(pages.render("core/home.html", language=language, path="/meetings"))
    (switch,) = page.all("a", hreflang=other)
    assert (switch.attributes["href"], switch.attributes["lang"], switch.text) == (
        f"/meetings?ui={other}",
        other,
        word,
    )


def test_logging_out_is_a_form_with_the_sessions_token(pages: PageRenderer) -> None:
    page = Page(pages.render("core/home.html", account=CLERK))
    (form,) = page.all("form", action="/logout")
    tokens = [field.attributes["value"] for field in page.all("input") if field.above("form") is form]
    assert (form.attributes["method"], tokens) == ("post", ["token-of-this-session"])


def test_visitor_is_offered_to_log_in_and_not_to_log_out(pages: PageRenderer) -> None:
    page = Page(pages.render("core/home.html"))
    assert page.all("form") == []
    assert len(page.all("a", href="/login")) == 2


def test_theme_is_applied_before_the_first_paint(pages: PageRenderer) -> None:
    page = Page(pages.render("core/home.html"))
    (theme,) = [script for script in page.all("script") if "theme.js" in script.attributes["src"]]
    assert theme.above("head") is not None
    assert {"type", "defer", "async"} & theme.attributes.keys() == set()


def test_scripts_of_the_body_are_modules(pages: PageRenderer) -> None:
    page = Page(pages.render("core/home.html"))
    assert [s.attributes.get("type") for s in page.all("script") if s.above("body")] == ["module"]


def test_first_thing_to_reach_by_keyboard_skips_to_the_content(pages: PageRenderer) -> None:
    page = Page(pages.render("core/home.html", account=CLERK))
    assert page.all("a")[0].attributes["href"] == "#main"
    assert [main.attributes["id"] for main in page.all("main")] == ["main"]


def test_login_keeps_the_name_and_the_way_back_but_never_a_password(pages: PageRenderer) -> None:
    html = pages.render("core/login.html", next="/desk?request=r1", error="login.wrong", name="sato")
    fields = {field.attributes["name"]: field.attributes for field in Page(html).all("input")}
    assert fields["next"]["value"] == "/desk?request=r1"
    assert fields["name"]["value"] == "sato"
    assert "value" not in fields["password"]


def test_login_says_what_is_wrong_and_ties_it_to_the_fields(pages: PageRenderer) -> None:
    page = Page(pages.render("core/login.html", language="en", **LOGIN | {"error": "login.wrong"}))
    (alert,) = page.all("p", role="alert")
    assert alert.text == "The user name or password is not right. Please check and try again."
    described = [f.attributes["name"] for f in page.all("input", aria_describedby=alert.attributes["id"])]
    assert described == ["name", "password"]


def test_login_without_error_shows_no_alert(pages: PageRenderer) -> None:
    assert Page(pages.render("core/login.html", **LOGIN)).all("p", role="alert") == []


def test_typed_name_cannot_become_markup(pages: PageRenderer) -> None:
    html = pages.render(
        "core/login.html", **LOGIN | {"name": '"><script>alert(1)</script>', "error": "login.wrong"}
    )
    assert problems(html) == []
    (field,) = Page(html).all("input", name="name")
    assert field.attributes["value"] == '"><script>alert(1)</script>'


def test_error_sentence_cannot_become_markup(pages: PageRenderer) -> None:
    html = pages.render(
        "core/error.html",
        code="not_found",
        error_status=404,
        sentence="<script>alert(1)</script>",
        sentence_language="en",
    )
    assert problems(html) == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_error_page_names_number_sentence_and_next_step(pages: PageRenderer) -> None:
    page = Page(error_page(pages, "not_found", 404, language="en"))
    (main,) = page.all("main")
    for text in ("Number 404", "This page does not exist", "start from the start page", "What happened."):
        assert text in main.text
    assert [element.attributes["href"] for element in page.all("a") if element.above("main")] == ["/"]


def test_unknown_error_code_gets_the_general_page(pages: PageRenderer) -> None:
    page = Page(error_page(pages, "teapot", 500, language="en"))
    assert page.all("h1")[0].text == "Something went wrong"


@pytest.mark.parametrize(
    ("status", "state"), [(404, "waiting"), (499, "waiting"), (500, "urgent"), (503, "urgent")]
)
def test_only_our_own_failures_are_shown_as_urgent(pages: PageRenderer, status: int, state: str) -> None:
    (chip,) = Page(error_page(pages, "error", status)).has_class("chip")
    assert state in chip.attributes["class"].split()


def test_refused_visitor_is_led_to_the_login(pages: PageRenderer) -> None:
    html = error_page(pages, "not_authorised", 403)
    assert [e.attributes["href"] for e in Page(html).all("a") if e.above("main")] == ["/", "/login"]


def test_refused_clerk_is_not_sent_to_the_login_again(pages: PageRenderer) -> None:
    html = error_page(pages, "not_authorised", 403, account=CLERK)
    assert [e.attributes["href"] for e in Page(html).all("a") if e.above("main")] == ["/"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_home_links_every_page_of_the_demo(pages: PageRenderer, language: str) -> None:
    html = pages.render("core/home.html", language=language, demo=DEMO)
    assert problems(html) == []
    places = [link for link in Page(html).all("a") if link.attributes["href"].startswith("http")]
    assert [link.attributes["href"] for link in places] == [place["address"] for place in DEMO]
    assert len({link.text for link in places}) == len(DEMO)


def test_home_of_a_real_city_says_nothing_of_a_demo(pages: PageRenderer) -> None:
    assert "Demo" not in Page(pages.render("core/home.html", language="en")).root.text


def test_page_without_its_own_title_would_not_hide_the_city(pages: PageRenderer) -> None:
    assert Page(pages.render("core/login.html", language="en", **LOGIN)).all("title")[0].text == (
        "Staff login · Aoba City"
    )


@pytest.mark.parametrize("language", ["ja", "en"])
def test_page_says_its_language(pages: PageRenderer, language: str) -> None:
    assert Page(pages.render("core/home.html", language=language)).all("html", lang=language) != []
