"""The chat and the desk, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.city import read_toml
from bot.desk import Desk
from bot.forms.store import forget_message as forget_answers
from bot.requests import AccountNames, RequestDesk
from bot.richmenu.service import MenuLinks
from bot.service import ChatOptions, ChatService
from bot.skill import Skill
from bot.understanding import Understanding
from config.names import japanese_names, language_names
from config.opening import Tools
from translation.detection import Detector


def make_chat(tools: Tools, skills: Sequence[Skill], menus: MenuLinks) -> ChatService:
    """The chat of residents."""
    settings, parts, renderer = tools.settings, tools.parts, tools.renderer
    line = settings.line
    return ChatService(
        jobs=tools.jobs,
        bus=parts.bus,
        clock=parts.clock,
        understanding=Understanding(parts.city, parts.knowledge, Detector(), renderer, language_names()),
        messenger=parts.messenger,
        listener=parts.listener,
        renderer=renderer,
        outbox=tools.outbox,
        options=ChatOptions(
            max_voice_bytes=line.max_voice_bytes,
            max_voice_s=line.max_voice_s,
            topic_s=settings.chat.topic_s,
            messages_a_minute=settings.chat.messages_a_minute,
            messages_a_day=settings.chat.messages_a_day,
        ),
        forgetters=[forget_answers, tools.attachments.forget_message],
        skills=skills,
        menus=menus,
        attachments=tools.attachments,
        tasks=parts.tasks,
    )


def make_desk(tools: Tools) -> tuple[RequestDesk, Desk]:
    """The queue of staff, and its pages."""
    settings, parts, renderer = tools.settings, tools.parts, tools.renderer
    replies = saved_replies(settings.city_dir)
    requests = RequestDesk(
        jobs=tools.jobs,
        bus=parts.bus,
        clock=parts.clock,
        city=parts.city,
        translator=parts.translator,
        renderer=renderer,
        outbox=tools.outbox,
        names=AccountNames(parts.accounts.get),
        saved={reply["text"]["ja"]: reply["text"] for reply in replies},
        memory=parts.memory,
    )
    desk = Desk(
        requests,
        parts.bus,
        parts.city,
        japanese_names=japanese_names(),
        attachments=tools.attachments,
        quota=parts.quota,
        saved_replies=[{"title": reply["title"], "text": reply["text"]["ja"]} for reply in replies],
    )
    return requests, desk


def saved_replies(city_dir: Path) -> list[dict[str, Any]]:
    """Replies that staff use often, as `{"title", "text": {language: text}}`."""
    file = city_dir / "replies.toml"
    return list(read_toml(file).get("replies", [])) if file.exists() else []
