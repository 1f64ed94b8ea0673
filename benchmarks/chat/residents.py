"""Residents who ask one question after another, in eleven languages, each when its time has come.

Questions come at a fixed pace whether or not earlier ones are answered, as people do not wait for each other. A time
runs from before the message leaves the phone (so it holds the simulator's own work too, a millisecond or two) to the
moment at which the reply reaches LINE.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import config
from benchmarks.captions.bench import CLOCK, Report
from benchmarks.chat.house import House
from bot.city import City
from core.tasks import Tasks

QUESTIONS = Path(config.__file__).parent / "city" / "evaluation" / "unseen.tsv"
EACH = 3  # residents of each language, so that nobody writes faster than the service lets them
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks, and the article that answers it."""

    language: str
    text: str
    slug: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a question. `seconds` is None if no answer came."""

    question: Question
    seconds: float | None
    webhook_ms: float
    kind: str  # article, titles, other, none


def read_questions(count: int) -> list[Question]:
    """`count` questions that an article answers, the languages taking turns; begun again when they are used up."""
    rows = [line.split("\t") for line in QUESTIONS.read_text("utf-8").splitlines()]
    by_language: dict[str, list[Question]] = {}
    for language, text, slug in (row[:3] for row in rows):
        if slug != "none":
            by_language.setdefault(language, []).append(Question(language, text, slug))
    turns = zip(*(itertools.cycle(questions) for questions in by_language.values()), strict=True)
    return list(itertools.islice(itertools.chain.from_iterable(turns), count))


class Residents:
    """People who are friends of the city, greeted, with their language chosen."""

    def __init__(self, house: House, city: City) -> None:
        self._house = house
        self._city = city
        self._users: dict[str, list[str]] = {}
        self._busy: dict[str, asyncio.Lock] = {}

    async def move_in(self, languages: Sequence[str]) -> None:
        """Add them; what the service does once for each resident is done afterwards."""
        for language in languages:
            for number in range(EACH):
                body = {"name": f"{language} {number}", "language": language}
                async with self._house.http.post(
                    f"{self._house.simulator}/simulator/api/users", json=body
                ) as answer:
                    answer.raise_for_status()
                    user = str((await answer.json())["id"])
                self._users.setdefault(language, []).append(user)
                self._busy[user] = asyncio.Lock()
                await self._exchange(user, {"type": "follow"})
                await self._exchange(user, {"type": "postback", "data": f"do=language&v={language}"})

    async def ask(self, questions: Sequence[Question], *, every_s: float) -> list[Asked]:
        """Ask them all at this pace; gives what became of each, in order."""
        tasks, began = Tasks(), CLOCK.monotonic()
        whose = {language: itertools.cycle(users) for language, users in self._users.items()}
        asking = []
        for number, question in enumerate(questions):
            await asyncio.sleep(max(0.0, began + number * every_s - CLOCK.monotonic()))
            asking.append(tasks.spawn("question", self._ask(next(whose[question.language]), question)))
        found = await asyncio.gather(*asking)
        await tasks.close()
        return found

    async def _ask(self, user: str, question: Question) -> Asked:
        async with self._busy[user]:  # one answer at a time, so that it is known which one it is
            seconds, webhook_ms, body = await self._exchange(user, {"type": "text", "text": question.text})
        return Asked(question, seconds, webhook_ms, self._kind(question, body) if body else "none")

    async def _exchange(self, user: str, action: dict[str, str]) -> tuple[float | None, float, str]:
        expected = self._house.replies.expect(user)
        began = CLOCK.monotonic()
        url = f"{self._house.simulator}/simulator/api/users/{user}/send"
        async with self._house.http.post(url, json=action) as answer:
            answer.raise_for_status()
            webhook_ms = float((await answer.json())["webhook"]["ms"])
        try:
            arrived, body = await asyncio.wait_for(expected, PATIENCE_S)
        except TimeoutError:
            return None, webhook_ms, ""
        return arrived - began, webhook_ms, body

    def _kind(self, question: Question, body: str) -> str:
        articles = (article for (_, tag), article in self._city.articles.items() if tag == question.language)
        first = next((one for one in articles if one.body.split("\n", 1)[0][:40] in body), None)
        if first is not None:
            return "article"
        return "titles" if "do=article" in body else "other"


def summary(asked: Sequence[Asked]) -> Report:
    """Percentiles in milliseconds of all answers, of those that are articles, and of the webhooks."""
    answered = [one for one in asked if one.seconds is not None]
    articles = [one for one in answered if one.kind == "article"]
    kinds = [one.kind for one in asked]
    return {
        "questions": len(asked),
        "languages": len({one.question.language for one in asked}),
        "kinds": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "article_ms": percentiles([1000 * (one.seconds or 0.0) for one in articles]),
        "any_answer_ms": percentiles([1000 * (one.seconds or 0.0) for one in answered]),
        "webhook_ms": percentiles([one.webhook_ms for one in asked]),
        "slowest": [
            {"language": one.question.language, "ms": round(1000 * (one.seconds or 0.0)), "kind": one.kind}
            for one in sorted(answered, key=lambda one: -(one.seconds or 0.0))[:5]
        ],
    }


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """The smallest value that at least so many of the values do not pass."""
    ordered = sorted(values)

    def at(share: float) -> float | None:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None

    return {"p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0)}
