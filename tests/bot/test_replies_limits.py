"""LINE's limits on what is rendered: size of cards, senders, buttons, sentence ends."""

from __future__ import annotations

import json

import pytest

from bot.actions import Say, ShowArticle, ShowCard, Tell
from bot.city import City
from bot.flex import BUBBLE_BYTES, CAROUSEL_BYTES, actions_of, fits
from bot.model import Button, Card, Label
from bot.replies import Renderer, Reply, split_text, utf16_units, with_sender
from bot.simulator.rules import check_messages
from config.names import own_names

FAMILY = "👨‍👩‍👧‍👦"


@pytest.fixture(scope="module")
def renderer(city: City) -> Renderer:
    return Renderer(city, own_names())


def bubble(text: str) -> dict[str, object]:
    return {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": [{"text": text}]}}


def padded(size: int) -> dict[str, object]:
    """A bubble of exactly `size` bytes."""
    return bubble("x" * (size - len(json.dumps(bubble("")))))


def card(rows: int, buttons: int = 2, words: str = "value " * 20) -> Card:
    label = Label(literal=words)
    return Card(
        title=Label(literal="Title"),
        rows=tuple((label, label) for _ in range(rows)),
        buttons=tuple(
            Button(label=f"Button number {n} with words", data=f"do=x&v={n}", literal=True)
            for n in range(buttons)
        ),
    )


def test_bubble_may_have_thirty_thousand_bytes() -> None:
    assert [fits(padded(size)) for size in (BUBBLE_BYTES, BUBBLE_BYTES + 1)] == [True, False]


def test_size_is_counted_in_bytes_and_not_in_characters() -> None:
    assert fits(bubble("x" * 20_000))
    assert not fits(bubble("漢" * 20_000))


def test_carousel_has_a_limit_of_its_own() -> None:
    def carousel(*sizes: int) -> dict[str, object]:
        return {"type": "carousel", "contents": [padded(size) for size in sizes]}

    assert fits(carousel(24_000, 24_000))
    assert not fits(carousel(CAROUSEL_BYTES // 2, CAROUSEL_BYTES // 2))
    assert not fits(carousel(BUBBLE_BYTES + 1))
    assert not fits(carousel(*[200] * 13))


def test_card_that_fits_stays_a_card(renderer: Renderer) -> None:
    (reply,) = renderer.render([ShowCard(card=card(3))], "en")
    assert reply.line["type"] == "flex"
    assert "quickReply" not in reply.line


def test_card_that_is_too_large_becomes_text_with_its_buttons(renderer: Renderer) -> None:
    replies = renderer.render([ShowCard(card=card(100))], "en")
    assert {reply.line["type"] for reply in replies} == {"text"}
    items = replies[-1].line["quickReply"]["items"]
    assert [item["action"]["data"] for item in items] == ["do=x&v=0", "do=x&v=1"]
    assert list(check_messages([reply.line for reply in replies])) == []


def test_text_of_a_large_card_is_complete(renderer: Renderer) -> None:
    replies = renderer.render([ShowCard(card=card(100))], "en")
    assert sum(reply.text.count("value") for reply in replies) == 100 * 2 * 20


def test_buttons_of_a_large_card_and_of_the_message_are_thirteen_at_most(renderer: Renderer) -> None:
    said = Tell(
        texts={"en": "more"}, buttons=tuple(Button(label="a", data="b", literal=True) for _ in range(9))
    )
    replies = renderer.render([ShowCard(card=card(100, buttons=9)), said], "en")
    assert len(replies[-1].line["quickReply"]["items"]) == 13
    assert list(check_messages([reply.line for reply in replies])) == []


def test_button_that_sends_too_much_is_left_out(renderer: Renderer) -> None:
    buttons = tuple(Button(label="a", data="x" * size, literal=True) for size in (300, 301))
    (reply,) = renderer.render([Tell(texts={"en": "text"}, buttons=buttons)], "en")
    assert [len(item["action"]["data"]) for item in reply.line["quickReply"]["items"]] == [300]


def test_no_quick_replies_are_left_when_every_button_sends_too_much(renderer: Renderer) -> None:
    button = Button(label="a", data="x" * 301, literal=True)
    (reply,) = renderer.render([Tell(texts={"en": "text"}, buttons=(button,))], "en")
    assert "quickReply" not in reply.line


def test_alternative_text_of_emoji_fits(renderer: Renderer) -> None:
    (reply,) = renderer.render([ShowCard(card=card(1, words=FAMILY * 400))], "en")
    assert 0 < utf16_units(reply.line["altText"]) <= 1500
    assert list(check_messages([reply.line])) == []


def test_actions_are_found_in_their_order() -> None:
    node = {
        "contents": [
            {"type": "button", "action": {"n": 1}},
            {"footer": {"type": "button", "action": {"n": 2}}},
        ]
    }
    assert list(actions_of(node)) == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Tax Division", "Tax Division"),
        ("x" * 25, "x" * 19 + "…"),
        ("市民課 LINE 窓口", "市民課  窓口"),
        ("Line desk", "desk"),
        ("Online desk", "Online desk"),
    ],
)
def test_name_of_the_sender_is_one_that_line_takes(name: str, shown: str) -> None:
    (reply,) = with_sender([Reply(line={"type": "text", "text": "x"}, text="x")], name)
    assert reply.line["sender"] == {"name": shown}
    assert list(check_messages([reply.line])) == []


def test_names_of_departments_are_short_enough_in_every_language(city: City) -> None:
    """A Devanagari syllable is one character to a reader and several to the limit."""
    shown = [
        with_sender([Reply(line={"type": "text", "text": "x"}, text="x")], city.department(one, tag))
        for one in city.departments
        for tag in city.languages
    ]
    assert max(utf16_units(reply.line["sender"]["name"]) for (reply,) in shown) <= 20


@pytest.mark.parametrize("name", ["", "LINE", " "])
def test_without_a_name_there_is_no_sender(name: str) -> None:
    (reply,) = with_sender([Reply(line={"type": "text", "text": "x"}, text="x")], name)
    assert "sender" not in reply.line


def test_article_comes_from_its_department(renderer: Renderer) -> None:
    (reply,) = renderer.render([ShowArticle(slug="garbage-sorting")], "ja")
    assert reply.line["sender"] == {"name": "資源循環課"}


def test_phrase_comes_from_the_account_itself(renderer: Renderer) -> None:
    assert "sender" not in renderer.render([Say(phrase="smalltalk.thanks")], "ja")[0].line


def test_text_is_not_cut_within_a_number() -> None:
    text = "a" * 8 + ". It costs 3.50 and more"
    assert split_text(text, 15) == ["a" * 8 + ".", " It costs 3.50 ", "and more"]


def test_nepali_sentences_end_with_their_own_stop() -> None:
    assert split_text("ना" * 6 + "।" + "ना" * 6, 16) == ["ना" * 6 + "।", "ना" * 6]
