"""What was decided, as messages that LINE takes."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.actions import Action, Say, ShowArticle, ShowTitles
from bot.city import City
from bot.dialogue import CANCEL_BUTTON, PERSON_BUTTON, language_buttons
from bot.model import Button
from bot.replies import (
    ALT_TEXT,
    CARD_LABEL_GRAPHEMES,
    LABEL_GRAPHEMES,
    TEXT_UNITS,
    Renderer,
    Reply,
    cut_graphemes,
    format_moment,
    split_text,
    utf16_units,
)
from bot.simulator.rules import check_messages
from bot.simulator.schema import Schema
from config.names import own_names
from tests.bot.conftest import LANGUAGES, TOKEN, Office

FAMILY = "👨‍👩‍👧‍👦"  # one character to a person, seven code points, eleven UTF-16 units
NUMBERED = {"when": "2026-11-04T08:30:00+09:00", "number": "7", "languages": "English", "seconds": "120"}
pieces = st.lists(st.sampled_from(["a", "é", "e\u0301", "。", "\n", ".", FAMILY, "漢", " "])).map("".join)


@pytest.fixture(scope="module")
def renderer(city: City) -> Renderer:
    return Renderer(city, own_names())


@pytest.fixture(scope="module")
def schema() -> Schema:
    made = Schema()
    made.load()
    return made


def graphemes(text: str) -> list[str]:
    return regex.findall(r"\X", text)


# Length


def test_length_is_counted_as_line_counts_it() -> None:
    assert [utf16_units(text) for text in ("", "a", "漢", "🍎", FAMILY)] == [0, 1, 1, 2, 11]


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        (FAMILY * 3, 3, FAMILY * 3),
        (FAMILY * 4, 3, FAMILY * 2 + "…"),
        ("", 3, ""),
    ],
)
def test_cutting_never_splits_what_a_person_sees_as_one_character(text: str, limit: int, cut: str) -> None:
    assert cut_graphemes(text, limit) == cut


@given(pieces, st.integers(12, 40))
def test_split_text_joins_back_and_keeps_characters_whole(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert all(0 < utf16_units(part) <= limit for part in parts)
    assert "".join(parts).replace("\n", "") == text.replace("\n", "")
    rest = graphemes(text.replace("\n", ""))
    assert [one for part in parts for one in graphemes(part.replace("\n", ""))] == rest


def test_text_is_split_after_a_sentence_where_there_is_one() -> None:
    assert split_text("あいうえお。かきくけこ。さし", 12) == ["あいうえお。かきくけこ。", "さし"]
    assert split_text("あいうえおか\nきくけこさし", 12) == ["あいうえおか", "きくけこさし"]


def test_text_at_the_limit_is_one_message_and_one_over_it_two() -> None:
    assert [len(part) for part in split_text("x" * TEXT_UNITS)] == [5000]
    assert [len(part) for part in split_text("x" * (TEXT_UNITS + 1))] == [5000, 1]


@pytest.mark.parametrize("pile", ["e" + "\u0301" * 40, "👨" + "\u200d👩" * 20])
def test_character_longer_than_a_message_is_cut_all_the_same(pile: str) -> None:
    parts = split_text(f"x{pile}y", 12)
    assert "".join(parts) == f"x{pile}y"
    assert all(utf16_units(part) <= 12 for part in parts)


@given(st.text(max_size=60), st.integers(2, 20))
def test_any_text_is_split_within_the_limit(text: str, limit: int) -> None:
    assert all(0 < utf16_units(part) <= limit for part in split_text(text, limit))


def test_empty_text_is_no_message(renderer: Renderer) -> None:
    assert split_text("") == []
    assert renderer.text("") == []


@settings(max_examples=20)
@given(st.integers(4_990, 5_010))
def test_emoji_at_the_limit_stays_whole(lead: int) -> None:
    parts = split_text("x" * lead + FAMILY + "y")
    assert "".join(parts) == "x" * lead + FAMILY + "y"
    assert sum(FAMILY in part for part in parts) == 1
    assert all(utf16_units(part) <= TEXT_UNITS for part in parts)


# Times


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("ja", "11月4日(水) 8:30"),
        ("ja-Hira", "11月4日(水) 8:30"),
        ("en", "Wednesday, November 4, 08:30"),
        ("pt-BR", "quarta-feira, 4 de novembro, 08:30"),
        ("vi", "Thứ Tư, ngày 4/11, 08:30"),
        ("zh-Hans", "11月4日(周三) 08:30"),
        ("ko", "11월 4일(수) 08:30"),
        ("es", "miércoles 4 de noviembre, 08:30"),
        ("tl", "Miyerkules, Nobyembre 4, 08:30"),
        ("id", "Rabu, 4 November, 08.30"),
        ("ne", "नोभेम्बर 4, बुधबार, 08:30"),
        ("xx", "2026-11-04 08:30"),
    ],
)
def test_moment_is_written_as_its_reader_writes_it(language: str, written: str) -> None:
    moment = dt.datetime(2026, 11, 4, 8, 30, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    assert format_moment(moment, language) == written


# Everything that can be said


def sayings(city: City) -> list[Say]:
    """Every phrase that the dialogue or the desk may say, with values for its placeholders."""
    keys = [
        "welcome", "language.ask", "language.set", "language.uncertain", "answer.thanks", "unknown.text",
        "unknown.declined", "person.queued", "person.queued_closed", "person.added", "person.waiting",
        "person.cancelled", "person.ask_what", "voice.heard", "voice.unsupported", "voice.failed",
        "voice.too_long", "media.offer", "media.passed_on", "sticker.received", "other.unsupported", "location.none",
        "emergency.text", "urgent.text", "smalltalk.hello", "smalltalk.thanks", "smalltalk.bye",
        "privacy.notice", "privacy.my_number",
    ]  # fmt: skip
    values = tuple({**NUMBERED, "language": "pt-BR", "text": "{braces} <b> “"}.items())
    return [Say(phrase=key, values=values, buttons=language_buttons(city.languages)) for key in keys]


def everything(city: City) -> list[Action]:
    slugs = sorted({slug for slug, _ in city.articles})
    return [
        *sayings(city),
        *(ShowArticle(slug=slug) for slug in slugs),
        *(ShowTitles(slugs=tuple(slugs[at : at + 3])) for at in range(0, len(slugs), 3)),
    ]


@pytest.mark.parametrize("language", [*LANGUAGES, "vi"])
def test_everything_that_can_be_said_fits_line_s_limits(
    renderer: Renderer, schema: Schema, city: City, language: str
) -> None:
    for action in everything(city):
        replies = renderer.render([action], language, values={"number": "7"})
        lines = [reply.line for reply in replies]
        assert lines, action
        assert "{" not in "".join(reply.text for reply in replies).replace("{braces}", ""), action
        assert schema.problems("ValidateMessageRequest", {"messages": lines}) == (), action
        assert list(check_messages(lines)) == [], action


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_be_said_is_taken_by_line_s_own_library(
    renderer: Renderer, city: City, language: str
) -> None:
    from linebot.v3.messaging import ReplyMessageRequest

    for action in everything(city):
        lines = [reply.line for reply in renderer.render([action], language, values={"number": "7"})]
        made = ReplyMessageRequest.from_dict({"replyToken": "t", "messages": lines})
        assert made is not None
        sent = json.loads(json.dumps(made.to_dict()))["messages"]
        assert [one["type"] for one in sent] == [one["type"] for one in lines], action


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_article_is_accepted_by_the_validate_endpoint(office: Office, language: str) -> None:
    renderer = office.service.chat._renderer
    slugs = sorted({slug for slug, _ in office.service.city.articles})
    lines = [renderer.render([ShowArticle(slug=slug)], language)[0].line for slug in slugs]
    for at in range(0, len(lines), 5):
        async with office.simulator.post(
            "/v2/bot/message/validate/reply",
            json={"messages": lines[at : at + 5]},
            headers={"Authorization": f"Bearer {TOKEN}"},
        ) as answer:
            assert answer.status == 200, await answer.text()


def buttons_of(node: Any) -> list[dict[str, Any]]:
    """All actions below a message."""
    if isinstance(node, list):
        return [found for child in node for found in buttons_of(child)]
    if not isinstance(node, dict):
        return []
    here = [node["action"]] if isinstance(node.get("action"), dict) else []
    return here + [found for child in node.values() for found in buttons_of(child)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_of_buttons_are_not_empty_and_not_too_long(
    renderer: Renderer, city: City, language: str
) -> None:
    for action in everything(city):
        for reply in renderer.render([action], language):
            quick = reply.line.get("quickReply", {}).get("items", [])
            assert len(quick) <= 13
            for one in quick:
                assert 0 < len(graphemes(one["action"]["label"])) <= LABEL_GRAPHEMES
            for one in buttons_of(reply.line):
                assert 0 < len(graphemes(one["label"])) <= CARD_LABEL_GRAPHEMES
                assert len(one.get("data", "")) <= 300


def flex(reply: Reply) -> dict[str, Any]:
    assert reply.line["type"] == "flex"
    return reply.line


def test_article_card_has_its_title_text_source_and_two_buttons(renderer: Renderer, city: City) -> None:
    (reply,) = renderer.render([ShowArticle(slug="moving-in")], "en")
    article = city.articles["moving-in", "en"]
    shown = json.dumps(flex(reply)["contents"], ensure_ascii=False)
    for paragraph in article.body.split("\n\n"):
        assert json.dumps(paragraph.strip(), ensure_ascii=False) in shown
    assert f"updated {article.updated:%Y-%m-%d}" in shown
    footer = flex(reply)["contents"]["footer"]["contents"]
    assert [one["action"]["data"] for one in footer] == ["do=right&v=moving-in", "do=wrong&v=moving-in"]
    assert reply.text.startswith(f"{article.title}\n\n{article.body}")


def test_what_a_notification_shows_is_short(renderer: Renderer) -> None:
    (reply,) = renderer.render([ShowArticle(slug="moving-in")], "en")
    assert len(graphemes(flex(reply)["altText"])) <= ALT_TEXT


def test_titles_are_buttons_that_say_the_title_when_pressed(renderer: Renderer, city: City) -> None:
    (reply,) = renderer.render([ShowTitles(slugs=("moving-in", "nothing", "moving-out"))], "en")
    footer = flex(reply)["contents"]["footer"]["contents"]
    assert [one["action"]["data"] for one in footer] == ["do=article&v=moving-in", "do=article&v=moving-out"]
    assert footer[0]["action"]["displayText"] == city.articles["moving-in", "en"].label
    assert [item["action"]["data"] for item in reply.line["quickReply"]["items"]] == ["do=none", "do=person"]


def test_unknown_article_is_said_to_be_unknown(renderer: Renderer) -> None:
    (reply,) = renderer.render([ShowArticle(slug="nothing")], "en")
    assert reply.text == renderer.phrase("unknown.text", "en")


# Putting together


def test_quick_replies_stand_on_the_last_message_only(renderer: Renderer) -> None:
    actions = [
        Say(phrase="welcome", buttons=(CANCEL_BUTTON,)),
        Say(phrase="privacy.notice"),
        Say(phrase="language.ask", buttons=(PERSON_BUTTON,)),
    ]
    lines = [reply.line for reply in renderer.render(actions, "en")]
    assert ["quickReply" in line for line in lines] == [False, False, True]
    assert [one["action"]["data"] for one in lines[2]["quickReply"]["items"]] == ["do=person"]


def test_more_than_thirteen_buttons_are_cut(renderer: Renderer) -> None:
    many = tuple(Button(label=f"b{number}", data=f"do={number}", literal=True) for number in range(20))
    (reply,) = renderer.render([Say(phrase="welcome", buttons=many)], "en")
    assert len(reply.line["quickReply"]["items"]) == 13


def test_of_too_many_messages_the_first_and_the_last_are_kept(renderer: Renderer) -> None:
    said = (
        "emergency.text",
        "welcome",
        "privacy.notice",
        "answer.thanks",
        "unknown.declined",
        "language.ask",
    )
    replies = renderer.render([Say(phrase=key) for key in said], "en")
    assert len(replies) == 5
    assert replies[0].text == renderer.phrase("emergency.text", "en")
    assert replies[-1].text == renderer.phrase("language.ask", "en")


def test_nothing_to_say_is_nothing(renderer: Renderer) -> None:
    assert renderer.render([], "en") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_that_was_set_is_named_in_itself(renderer: Renderer, language: str) -> None:
    said = Say(phrase="language.set", values=(("language", language),))
    (reply,) = renderer.render([said], language)
    assert renderer.own_name(language) in reply.text


def test_number_of_the_request_is_filled_in(renderer: Renderer) -> None:
    (reply,) = renderer.render([Say(phrase="person.queued")], "en", values={"number": "42"})
    assert "42" in reply.text


def test_quote_and_sender_are_where_line_wants_them(renderer: Renderer) -> None:
    first, second = renderer.text("x" * 5001, sender="Multicultural Affairs Division", quote_token="q")
    assert (first.line["quoteToken"], "quoteToken" in second.line) == ("q", False)
    assert first.line["sender"] == second.line["sender"] == {"name": "Multicultural Affai…"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.text(max_size=300))
def test_words_of_a_resident_never_change_the_shape_of_a_message(renderer: Renderer, said: str) -> None:
    replies = renderer.render([Say(phrase="voice.heard", values=(("text", said),))], "en")
    assert [set(reply.line) for reply in replies] == [{"type", "text"}]
    assert said in replies[0].text
