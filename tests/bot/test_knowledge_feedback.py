"""Feedback on articles is counted, and nothing else of it is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from bot.actions import Effect, Say
from bot.dialogue import Facts, step
from bot.events import Event, Followed, Pressed, TextReceived
from bot.knowledge.desk import PAGE, ArticlePages
from bot.knowledge.feedback import Feedback, FeedbackSkill, article_feedback, count, totals
from bot.model import Conversation
from bot.skill import Turn
from core.database import Database, metadata
from tests.bot.conftest import Office
from tests.core.page_renderer import CLERK, PageRenderer

SKILL = FeedbackSkill({"earthquake"})
FACTS = Facts(languages=("ja", "en"))


@pytest.mark.parametrize(
    ("event", "began"),
    [
        (Pressed(action="right", value="earthquake"), {"slug": "earthquake", "said": "right"}),
        (Pressed(action="wrong", value="earthquake"), {"slug": "earthquake", "said": "wrong"}),
        (Pressed(action="right", value="made up"), None),
        (Pressed(action="article", value="earthquake"), None),
        (TextReceived(message_id="m", text="right"), None),
        (Followed(unblocked=False), None),
    ],
)
def test_only_the_buttons_under_an_article_are_counted(event: Event, began: Mapping[str, Any] | None) -> None:
    assert SKILL.starts(event, "") == began


def test_a_step_counts_and_leaves_the_answer_to_the_dialogue() -> None:
    event = Pressed(action="wrong", value="earthquake")
    turn = Turn(event=event, language="vi", trigger="", now=dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
    made = SKILL.step({"slug": "earthquake", "said": "wrong"}, turn)
    data = {"slug": "earthquake", "said": "wrong", "language": "vi"}
    assert made.actions == (Effect(skill="feedback", kind="count", data=data),)
    assert (made.state, made.taken) == (None, False)


def test_the_resident_is_thanked_and_a_form_that_is_going_on_goes_on() -> None:
    state = Conversation(language="en", skill="form", skill_state={"at": 3})
    event = Pressed(action="right", value="earthquake")
    after, actions = step(state, event, FACTS, {"feedback": SKILL})
    assert (after.skill, after.skill_state) == ("form", {"at": 3})
    assert isinstance(actions[0], Effect)
    assert any(isinstance(action, Say) for action in actions[1:])


async def test_counts_add_up_over_languages(tmp_path: Any) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/test.db")
    await database.open()
    async with database.write() as connection:
        await connection.run_sync(metadata.create_all)
        for language, right in (("en", True), ("en", True), ("vi", False), ("vi", True)):
            await count(connection, "earthquake", language, right=right)
        await count(connection, "bicycle", "en", right=False)
    async with database.read() as connection:
        found = await totals(connection)
    await database.close()
    assert found == {
        "earthquake": Feedback(slug="earthquake", right=3, wrong=1),
        "bicycle": Feedback(slug="bicycle", right=0, wrong=1),
    }


def test_the_table_has_no_place_for_a_resident_or_a_text() -> None:
    assert {column.name for column in article_feedback.c} == {"slug", "language", "said_right", "said_wrong"}


# The page


async def test_the_page_reads_only_questions_that_were_put_before_staff(office: Office) -> None:
    await office.say("quem ganhou o jogo de futebol de ontem à noite")
    pages = ArticlePages(
        database=office.database,
        clock=office.clock,
        city=office.service.city,
        knowledge=office.service.knowledge,
    )
    assert await pages.unanswered() == []
    await office.press("do=person")
    assert [one.text for one in await pages.unanswered()] == [
        "quem ganhou o jogo de futebol de ontem à noite"
    ]
    assert [one.text for one in await pages.unanswered()] == [
        "quem ganhou o jogo de futebol de ontem à noite"
    ]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_shows_counts_dates_and_questions(language: str) -> None:
    rows = [
        {
            "title": "地震",
            "department": "危機管理課",
            "right": 7,
            "wrong": 2,
            "until": dt.date(2027, 3, 31),
            "stale": True,
            "soon": False,
        }
    ]
    questions = [
        {
            "text": "<b>hi</b>",
            "japanese": "やあ",
            "language": "en",
            "request": "r1",
            "at": dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC),
        }
    ]
    html = PageRenderer().render(
        "bot/articles.html",
        language=language,
        account=CLERK,
        path=PAGE,
        articles=rows,
        questions=questions,
    )
    assert "&lt;b&gt;hi&lt;/b&gt;" in html
    assert ">7</td>" in html
    assert "2027-03-31" in html
    assert 'href="/desk?request=r1"' in html
