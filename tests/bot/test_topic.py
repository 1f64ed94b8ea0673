"""What a conversation is about, and what it was about before."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import topic
from bot.model import Conversation

NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)


def about(*slugs: str) -> Conversation:
    state = Conversation()
    for slug in slugs:
        state = topic.remember(state, slug, message_id="m", now=NOW)
    return state


def test_article_that_was_shown_is_the_topic() -> None:
    assert topic.current(about("tax"), now=NOW, keep_s=900) == "tax"


@pytest.mark.parametrize(("seconds", "slug"), [(0, "tax"), (900, "tax"), (901, ""), (-1, "")])
def test_topic_is_kept_for_a_while(seconds: int, slug: str) -> None:
    later = NOW + dt.timedelta(seconds=seconds)
    assert topic.current(about("tax"), now=later, keep_s=900) == slug


def test_nothing_is_the_topic_of_a_new_conversation() -> None:
    assert topic.current(Conversation(), now=NOW, keep_s=900) == ""


def test_going_back_gives_the_articles_in_turn() -> None:
    state, first = topic.go_back(about("tax", "garbage", "moving"))
    state = topic.remember(state, first, message_id="", now=NOW)
    state, second = topic.go_back(state)
    assert (first, second, topic.go_back(state)[1]) == ("garbage", "tax", "")


def test_same_article_twice_is_one_step() -> None:
    assert about("tax", "tax").earlier == ()
    assert about("tax", "garbage", "tax").earlier == ("garbage",)


def test_only_some_articles_are_remembered() -> None:
    assert about(*"abcdefgh").earlier == ("c", "d", "e", "f", "g")


def test_forgotten_topic_leaves_those_before_it() -> None:
    state = topic.forget(about("tax", "garbage"))
    assert (state.topic, state.topic_at, state.topic_message, state.earlier) == ("", "", "", ("tax",))
