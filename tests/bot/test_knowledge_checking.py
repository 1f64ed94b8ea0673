"""What is wrong with articles is found before a resident does."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.city import Article, City
from bot.knowledge import ELSEWHERE, read_wordings
from bot.knowledge.checking import CheckRules, check, facts, links
from bot.knowledge.pages import broken_links
from tests.bot.conftest import CITY

TODAY = dt.date(2026, 11, 24)
RULES = CheckRules(hosts=frozenset({"www.city.aoba.example"}))


def one_article(city: City, language: str = "en", **changes: Any) -> City:
    """The city with one article changed."""
    key = ("earthquake", language)
    return replace(city, articles={**city.articles, key: replace(city.articles[key], **changes)})


def found(city: City, today: dt.date = TODAY, rules: CheckRules = RULES) -> list[tuple[str, str]]:
    return [(problem.kind, str(problem)) for problem in check(city, rules, today, {})]


def test_demo_city_needs_no_attention(city: City) -> None:
    assert check(city, RULES, TODAY, read_wordings(CITY / "wordings")) == []


def test_missing_language_is_named(city: City) -> None:
    articles = {key: one for key, one in city.articles.items() if key != ("earthquake", "vi")}
    assert found(replace(city, articles=articles)) == [("missing", "earthquake: not written in vi")]


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (dt.date(2027, 4, 1), "earthquake.en: was valid until 2027-03-31"),
        (dt.date(2027, 3, 31), "earthquake.en: is valid only until 2027-03-31"),
        (dt.date(2027, 1, 30), "earthquake.en: is valid only until 2027-03-31"),
    ],
)
def test_date_that_is_passed_or_near_is_named(city: City, today: dt.date, said: str) -> None:
    assert ("stale", said) in found(city, today)


def test_date_that_is_far_is_fine(city: City) -> None:
    assert found(city, dt.date(2027, 1, 29)) == []


def test_article_from_the_future_is_named(city: City) -> None:
    changed = one_article(city, updated=dt.date(2026, 12, 1))
    assert found(changed) == [("stale", "earthquake.en: was updated in the future, on 2026-12-01")]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("http://www.city.aoba.example/x", "is not a sound https address"),
        ("https://localhost/x", "is not a sound https address"),
        ("https://www.city.aoba.example:8443/x", "is not a sound https address"),
        ("https://www.city.aoba.example:port/x", "is not a sound https address"),
        ("https://evil.example/x", "is on a host that city.toml does not list"),
    ],
)
def test_link_to_somewhere_else_is_named(city: City, link: str, said: str) -> None:
    body = city.articles["earthquake", "en"].body + f"\n{link}"
    assert ("link", f"earthquake.en: {link} {said}") in found(one_article(city, body=body))


def test_number_that_differs_from_the_japanese_text_is_named(city: City) -> None:
    body = city.articles["earthquake", "vi"].body.replace("045-000-1108", "045-000-1199")
    assert found(one_article(city, "vi", body=body)) == [
        ("facts", "earthquake.vi: lacks 45-000-1108 of the Japanese text"),
        ("facts", "earthquake.vi: has 45-000-1199, which the Japanese text has not"),
    ]


@pytest.mark.parametrize(
    ("field", "limit", "said"), [("title", 40, "title"), ("label", 20, "label"), ("body", 1500, "text")]
)
def test_text_that_is_too_long_is_named(city: City, field: str, limit: int, said: str) -> None:
    text = (
        city.articles["earthquake", "en"].body.ljust(limit + 1, "x") if field == "body" else "x" * (limit + 1)
    )
    assert ("length", f"earthquake.en: the {said} has {limit + 1} characters, 1 too many") in found(
        one_article(city, **{field: text})
    )


def test_a_family_of_code_points_is_one_character(city: City) -> None:
    assert found(one_article(city, label="👨‍👩‍👧‍👦" * 20)) == []


def test_question_of_two_articles_is_named(city: City) -> None:
    question = city.articles["bicycle", "en"].questions[0]
    assert found(one_article(city, questions=(question.upper() + "?",))) == [
        ("question", f"earthquake.en: “{question.upper()}?” is also a question of bicycle")
    ]


def test_unknown_department_is_named(city: City) -> None:
    assert found(one_article(city, department="magic")) == [
        ("department", "earthquake.en: unknown department magic")
    ]


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("住所", "住所 has no reading"),
        ("あ" * 60 + "。", "the sentence “ああああああああああああああああああああ…” has 61 characters"),
    ],
)
def test_easy_japanese_that_is_hard_is_named(city: City, added: str, said: str) -> None:
    body = city.articles["earthquake", "ja-Hira"].body + f"\n{added}"
    assert found(one_article(city, "ja-Hira", body=body)) == [("reading", f"earthquake.ja-Hira: {said}")]


def test_readings_do_not_make_a_sentence_longer(city: City) -> None:
    body = city.articles["earthquake", "ja-Hira"].body + "\n" + "字（じ）" * 40 + "。"
    assert found(one_article(city, "ja-Hira", body=body)) == []


def test_other_words_for_no_article_are_named(city: City) -> None:
    words = {"en": {"magic": ("spell",), ELSEWHERE: ("pizza",)}}
    assert [str(one) for one in check(city, RULES, TODAY, words)] == [
        "magic: wordings/en.toml names no article"
    ]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "12月29日から1月3日、17,920円"),
        ("en", "December 29 to January 3, 17,920 yen"),
        ("zh-Hans", "12月29日至1月3日，17,920日元"),
        ("ko", "12월 29일~1월 3일, 17,920엔"),
        ("vi", "29/12 đến 3/1, 17.920 yên"),
        ("pt-BR", "de 29 de dezembro a 3 de janeiro, 17.920 ienes"),
        ("es", "del 29 de diciembre al 3 de enero, 17,920 yenes"),
        ("tl", "Disyembre 29 hanggang Enero 3, 17,920 yen"),
        ("id", "29 Desember sampai 3 Januari, 17.920 yen"),
        ("ne", "डिसेम्बर 29 – जनवरी 3, 17,920 येन"),
        ("ja", "１２月２９日から１月３日、１７，９２０円"),
    ],
)
def test_facts_are_the_same_in_every_language(language: str, text: str) -> None:
    assert facts(text, language) == {"12", "29", "1", "3", "17920"}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "you may pay", set()),
        ("ne", "मेरो", set()),  # begins like May
        ("en", "1. First\n2. Then", set()),
        ("en", "call 045-000-1100 at 8:30", {"45-000-1100", "8:30"}),
        ("en", "#8008 https://a.example/1", {"#8008", "https://a.example/1"}),
    ],
)
def test_facts_are_only_what_is_one(language: str, text: str, expected: set[str]) -> None:
    assert facts(text, language) == expected


# Asking the pages


def naming(city: City, *addresses: str) -> list[Article]:
    return [replace(city.articles["earthquake", "en"], body="\n".join(addresses))]


def test_every_address_is_listed_once(city: City) -> None:
    assert links(naming(city, "https://b.example/", "https://a.example/", "https://b.example/")) == [
        "https://a.example/",
        "https://b.example/",
    ]


async def answering(request: web.Request) -> web.Response:
    return web.Response(status=int(request.match_info["status"]))


async def test_pages_that_are_not_there_are_named(city: City) -> None:
    app = web.Application()
    app.router.add_head("/{status}", answering)
    async with TestServer(app) as server:
        rules = CheckRules(hosts=frozenset({"127.0.0.1"}))
        there, gone = str(server.make_url("/200")), str(server.make_url("/404"))
        problems = await broken_links(naming(city, there, gone), rules)
        assert [str(one) for one in problems] == [f"earthquake.en: {gone} answers 404"]
        unlisted = await broken_links(naming(city, gone), CheckRules())
        assert unlisted == []
    assert [one.text for one in await broken_links(naming(city, there), rules)] == [
        f"{there} does not answer"
    ]
