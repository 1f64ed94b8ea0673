"""“Was this right?”, counted for each article: numbers only, never whose answer it was or what was asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.actions import Effect
from bot.events import Event, Pressed
from bot.model import Message, Resident
from bot.skill import Json, SkillStep, Turn
from bot.store import messages
from core.database import insert_ignoring, metadata

FEEDBACK = "feedback"

article_feedback = sa.Table(
    "article_feedback",
    metadata,
    sa.Column("slug", sa.String(80), primary_key=True),
    sa.Column("language", sa.String(20), primary_key=True),  # that it was read in
    sa.Column("said_right", sa.Integer, nullable=False, server_default="0"),
    sa.Column("said_wrong", sa.Integer, nullable=False, server_default="0"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """How often an article was said to be right or wrong."""

    slug: str
    right: int = 0
    wrong: int = 0


class FeedbackSkill:
    """Hears the two buttons under an article, counts, and leaves the answer to the dialogue."""

    name = FEEDBACK

    def __init__(self, slugs: Iterable[str]) -> None:
        self._slugs = frozenset(slugs)  # a button's data comes from outside and may say anything

    def starts(self, event: Event, trigger: str) -> Json | None:
        """At a press of “yes” or “no” under one of the city's articles."""
        if not isinstance(event, Pressed) or event.action not in ("right", "wrong"):
            return None
        return {"slug": event.value, "said": event.action} if event.value in self._slugs else None

    async def gather(self, connection: AsyncConnection, resident: Resident, state: Json, event: Event) -> Any:
        """Nothing is needed."""

    def step(self, state: Json, turn: Turn) -> SkillStep:
        """Count; the event is not taken, so the dialogue answers it."""
        counted = Effect(skill=FEEDBACK, kind="count", data={**state, "language": turn.language})
        return SkillStep(state=None, actions=(counted,), taken=False)

    async def carry_out(
        self, connection: AsyncConnection, resident: Resident, effect: Effect
    ) -> Mapping[str, str]:
        data = effect.data
        await count(connection, data["slug"], data["language"], right=data["said"] == "right")
        return {}


async def count(connection: AsyncConnection, slug: str, language: str, *, right: bool) -> None:
    """One more for the article."""
    row = {"slug": slug, "language": language, "said_right": 0, "said_wrong": 0}
    await connection.execute(insert_ignoring(connection, article_feedback).values(**row))
    column = article_feedback.c.said_right if right else article_feedback.c.said_wrong
    await connection.execute(
        article_feedback.update()
        .where(article_feedback.c.slug == slug, article_feedback.c.language == language)
        .values({column: column + 1})
    )


async def totals(connection: AsyncConnection) -> dict[str, Feedback]:
    """Slug → counts in all languages."""
    table = article_feedback.c
    query = sa.select(table.slug, sa.func.sum(table.said_right), sa.func.sum(table.said_wrong)).group_by(
        table.slug
    )
    rows = await connection.execute(query)
    return {slug: Feedback(slug=slug, right=right, wrong=wrong) for slug, right, wrong in rows}


async def questions_to_staff(connection: AsyncConnection, *, limit: int) -> Sequence[Message]:
    """The newest text messages that residents put before staff themselves, newest first. What was only written to the
    bot is none of the staff's business and is not read here."""
    query = (
        sa.select(*(messages.c[name] for name in Message.__dataclass_fields__))
        .where(
            messages.c.direction == "resident",
            messages.c.kind == "text",
            messages.c.request_id != "",
            messages.c.text != "",
        )
        .order_by(messages.c.position.desc())
        .limit(limit)
    )
    return [Message(**row._mapping) for row in await connection.execute(query)]
