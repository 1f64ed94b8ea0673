"""What a conversation is about: the article that was shown last, and those before it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from bot.model import Conversation

EARLIER = 5  # articles that one can go back to


def remember(state: Conversation, slug: str, *, message_id: str, now: dt.datetime) -> Conversation:
    """The state after an article was shown, as the answer to a message or (with an empty id) to a button."""
    earlier = state.earlier
    if state.topic and state.topic != slug:
        earlier = (*(one for one in earlier if one != slug), state.topic)[-EARLIER:]
    return replace(state, topic=slug, topic_at=now.isoformat(), topic_message=message_id, earlier=earlier)


def current(state: Conversation, *, now: dt.datetime, keep_s: float) -> str:
    """The article that the conversation is still about, or nothing."""
    if not state.topic or not state.topic_at:
        return ""
    age = now - dt.datetime.fromisoformat(state.topic_at)
    return state.topic if dt.timedelta(0) <= age <= dt.timedelta(seconds=keep_s) else ""


def go_back(state: Conversation) -> tuple[Conversation, str]:
    """The state without its newest article, and the one before it (empty if there is none)."""
    if not state.earlier:
        return state, ""
    return replace(state, topic="", topic_at="", topic_message="", earlier=state.earlier[:-1]), state.earlier[
        -1
    ]


def forget(state: Conversation) -> Conversation:
    """The state without a topic: its message was taken back."""
    return replace(state, topic="", topic_at="", topic_message="")
