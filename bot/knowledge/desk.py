"""`/articles`: how well the articles serve, for the staff who keep them."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from typing import Any

from aiohttp import web

from bot.city import City
from bot.knowledge.feedback import Feedback, questions_to_staff, totals
from bot.knowledge.index import Knowledge
from bot.model import Message
from core.clock import Clock
from core.database import Database
from core.web import render, require

PAGE = "/articles"
QUESTIONS = 60  # newest ones that are looked at
REMEMBERED = 500  # questions whose result is kept, so that opening the page twice costs nothing


class ArticlePages:
    """Routes of the page."""

    def __init__(self, *, database: Database, clock: Clock, city: City, knowledge: Knowledge) -> None:
        self._database = database
        self._clock = clock
        self._city = city
        self._knowledge = knowledge
        self._found_nothing: OrderedDict[str, bool] = OrderedDict()  # message id → whether it found nothing

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get(PAGE, self.page)]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Every article with its counts, those most often wrong first, and questions that found nothing."""
        require(request, "staff")
        async with self._database.read() as connection:
            counts = await totals(connection)
        zone = self._city.hours.zone
        return await render(
            request,
            "bot/articles.html",
            articles=self._articles(counts),
            questions=[
                {
                    "text": message.text,
                    "japanese": message.japanese or "",
                    "language": message.language,
                    "request": message.request_id,
                    "at": message.created_at.astimezone(zone),
                }
                for message in await self.unanswered()
            ],
        )

    def _articles(self, counts: dict[str, Feedback]) -> list[dict[str, Any]]:
        today = self._clock.now().astimezone(self._city.hours.zone).date()
        rows = []
        for slug in sorted({slug for slug, _ in self._city.articles}):
            written = [one for (own, _), one in self._city.articles.items() if own == slug]
            shown = self._city.article(slug, "ja")
            assert shown is not None
            said = counts.get(slug, Feedback(slug=slug))
            until = min(one.valid_until for one in written)
            rows.append(
                {
                    "slug": slug,
                    "title": shown.title,
                    "department": self._city.department(shown.department, "ja"),
                    "right": said.right,
                    "wrong": said.wrong,
                    "until": until,
                    "stale": until < today,
                    "soon": today <= until <= today + dt.timedelta(days=60),
                }
            )
        return sorted(rows, key=lambda row: (not row["stale"], -row["wrong"], row["slug"]))

    async def unanswered(self) -> list[Message]:
        """The newest questions before staff that no article answers, newest first."""
        async with self._database.read() as connection:
            asked = await questions_to_staff(connection, limit=QUESTIONS)
        return [message for message in asked if await self._finds_nothing(message)]

    async def _finds_nothing(self, message: Message) -> bool:
        known = self._found_nothing.get(message.id)
        if known is None:
            known = not (await self._knowledge.find(message.text)).candidates
            self._found_nothing[message.id] = known
            if len(self._found_nothing) > REMEMBERED:
                self._found_nothing.popitem(last=False)
        return known
