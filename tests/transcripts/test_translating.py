"""Translating what is being said now; and, with real models, names that stay the same through a meeting."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock
from core.errors import NotFound
from core.tasks import Tasks
from tests.transcripts.conftest import Build, segment
from transcripts import store
from transcripts.model import Meeting, Partial
from transcripts.naming import Rendering
from transcripts.service import Plan
from transcripts.translating import (
    CaptionTranslator,
    PartialOptions,
    PartialTranslations,
    clause,
    held_back,
    kept_start,
)
from translation.glossary import Glossary
from translation.model import Lane, Translation
from translation.service import Translator

MEETING = Meeting(
    id="m",
    title="T",
    language="en",
    languages=("en", "ja", "pt-BR", "ja-Hira"),
    state="live",
    created_at=dt.datetime(2026, 11, 2, tzinfo=dt.UTC),
    partials=True,
)

# Pure


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("The school opens at nine, and then", "The school opens at nine,"),
        ("It opens at 9.30 and costs 4,500 yen", ""),
        ("First. Second, third", "First. Second,"),
        ("学校は九時から、そのあと", "学校は九時から、"),
        ("「はい。」と", "「はい。」"),
        ("no end", ""),
        ("", ""),
    ],
)
def test_only_whole_clauses_are_taken(text: str, whole: str) -> None:
    assert clause(text) == whole


@pytest.mark.parametrize(
    ("text", "tag", "shown"),
    [
        ("A escola abre às nove", "pt-BR", "A escola abre"),
        ("Sim", "pt-BR", ""),
        ("学校は九時に始まります", "ja", "学校は九時に始"),
        ("はい", "ja", ""),
    ],
)
def test_last_words_of_a_translation_are_held_back(text: str, tag: str, shown: str) -> None:
    assert held_back(text, tag, 2) == shown


@given(st.text(max_size=60), st.text(max_size=60), st.booleans())
def test_start_that_is_kept_is_the_same_in_both(old: str, new: str, spaces: bool) -> None:
    size = kept_start(old, new, spaces=spaces)
    assert old[:size] == new[:size]


def test_kept_start_ends_with_a_word() -> None:
    assert kept_start("A escola abre", "A escolha", spaces=True) == len("A ")


# What is being said


class Gate(Translator):
    """A translator that answers when it is let."""

    def __init__(self) -> None:
        super().__init__([])
        self.asked: list[tuple[str, str, Lane]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.fails = False

    async def translate(
        self,
        text: str,
        *,
        source: str,
        target: str,
        lane: Lane = "chat",
        glossary: Glossary | None = None,
    ) -> Translation:
        self.asked.append((text, target, lane))
        await self.open.wait()
        if self.fails:
            raise RuntimeError("no")
        words = f"uma frase sobre {len(text)} letras aqui agora"
        return Translation(
            text=words, source_text=text, source=source, target=target, route=(source, target),
            engine="gate", confidence=0.9, flags=(), kept=(), lost=(),
        )  # fmt: skip


class Stage:
    """Partial translations with everything around them."""

    def __init__(self, options: PartialOptions | None = None) -> None:
        self.meeting = MEETING
        self.gate = Gate()
        self.clock = ManualClock()
        self.tasks = Tasks()
        self.read = {"en": 3, "pt-BR": 1}
        self.shown: list[Partial] = []
        self.partials = PartialTranslations(
            translator=CaptionTranslator(self.gate),
            look=self.look,
            readers=lambda meeting_id: self.read,
            show=lambda meeting_id, partial: self.shown.append(partial),
            clock=self.clock,
            tasks=self.tasks,
            options=options,
        )

    async def look(self, meeting_id: str) -> tuple[Meeting, Sequence[Rendering]]:
        if meeting_id != "m":
            raise NotFound("There is no such meeting.")
        return self.meeting, ()

    async def say(self, text: str, *, start: float = 0.0, stable: int | None = None) -> None:
        size = len(text) if stable is None else stable
        self.partials.offer("m", Partial(start=start, text=text, stable_chars=size, language="en"))
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    made = Stage()
    await made.say("")  # the first look at the plan
    yield made
    made.gate.open.set()
    await made.tasks.close()


SAID = "The school opens at nine, and"


async def test_clause_is_shown_to_its_readers_with_its_last_words_held_back(stage: Stage) -> None:
    await stage.say(SAID)
    assert stage.gate.asked == [("The school opens at nine,", "pt-BR", "live")]
    assert stage.shown == [
        Partial(start=0.0, text="uma frase sobre 25 letras", stable_chars=0, language="pt-BR")
    ]


async def test_meeting_that_does_not_want_it_gets_nothing(stage: Stage) -> None:
    stage.meeting = replace(MEETING, partials=False)
    stage.clock.advance(60)
    await stage.say("")
    await stage.say(SAID)
    assert (stage.gate.asked, stage.shown) == ([], [])


async def test_words_that_may_change_are_not_translated(stage: Stage) -> None:
    await stage.say(SAID, stable=10)
    assert stage.gate.asked == []


async def test_same_words_are_translated_once(stage: Stage) -> None:
    await stage.say(SAID)
    await stage.say(SAID + " then")
    assert len(stage.gate.asked) == 1


async def test_nothing_is_translated_for_nobody(stage: Stage) -> None:
    stage.read = {"en": 5}
    await stage.say(SAID)
    assert stage.gate.asked == []


async def test_reader_of_easy_japanese_is_shown_japanese(stage: Stage) -> None:
    stage.read = {"ja-Hira": 1}
    await stage.say(SAID)
    assert [(tag, lane) for _, tag, lane in stage.gate.asked] == [("ja", "live")]


async def test_one_translation_for_each_language_is_under_way(stage: Stage) -> None:
    stage.gate.open.clear()
    await stage.say(SAID)
    await stage.say("The school opens at nine, and ends at three,")
    assert len(stage.gate.asked) == 1
    stage.gate.open.set()
    await stage.say("The school opens at nine, and ends at three, and")
    await stage.say("The school opens at nine, and ends at three, and so")
    assert len(stage.gate.asked) == 2


async def test_translation_of_what_was_committed_meanwhile_is_not_shown(stage: Stage) -> None:
    stage.gate.open.clear()
    await stage.say(SAID)
    await stage.say("")
    stage.gate.open.set()
    await stage.say("")
    assert stage.shown == []


async def test_what_was_shown_is_taken_away_with_the_partial(stage: Stage) -> None:
    await stage.say(SAID)
    await stage.say("", start=2.0)
    assert stage.shown[-1] == Partial(start=2.0, text="", stable_chars=0, language="pt-BR")


async def test_start_that_did_not_change_is_stable(stage: Stage) -> None:
    await stage.say(SAID)
    await stage.say("The school opens at nine, and ends at three,")
    assert stage.shown[-1].text == "uma frase sobre 44 letras"
    assert stage.shown[-1].stable_chars == len("uma frase sobre ")


async def test_slow_translation_gives_it_a_rest(stage: Stage) -> None:
    stage.gate.open.clear()
    await stage.say(SAID)
    stage.clock.advance(3)
    stage.gate.open.set()
    await stage.say("")
    await stage.say("The school opens at ten, and", start=5.0)
    assert len(stage.gate.asked) == 1
    stage.clock.advance(20)
    await stage.say("The school opens at ten, and then", start=5.0)
    assert len(stage.gate.asked) == 2


async def test_failure_is_no_more_than_a_rest(stage: Stage) -> None:
    stage.gate.fails = True
    await stage.say(SAID)
    stage.gate.fails = False
    await stage.say("Other words are said, and", start=5.0)
    assert (len(stage.gate.asked), stage.shown) == (1, [])


async def test_meeting_that_is_gone_is_left_alone(stage: Stage) -> None:
    stage.partials.offer("gone", Partial(start=0, text=SAID, stable_chars=len(SAID), language="en"))
    await stage.say("")
    assert stage.gate.asked == []


async def test_translations_under_way_are_bounded_over_all_languages() -> None:
    stage = Stage(PartialOptions(at_once=1))
    stage.read = {"ja": 1, "pt-BR": 1}
    stage.gate.open.clear()
    await stage.say("")
    await stage.say(SAID)
    assert len(stage.gate.asked) == 1
    stage.gate.open.set()
    await stage.tasks.close()


# With real models

NAMES = "Ichiro Tanaka = 田中一郎\nAoba Elementary School = 青葉小学校 = Escola Primária Aoba"
TRANSCRIPT = [
    "Good morning, everyone.",
    "Ichiro Tanaka will explain the new school lunch fee.",
    "Ichiro Tanaka is the principal.",
    "Please come to Aoba Elementary School on Friday.",
    "The fee is 4,500 yen for each month.",
    "Please ask Ichiro Tanaka about the lunch.",
    "You pay 4,500 yen at Aoba Elementary School.",
    "Thank you, Ichiro Tanaka.",
]


async def test_names_are_called_the_same_through_a_meeting_with_the_starter_models(
    build: Build, models: Path
) -> None:
    from translation.assembly import build_translator

    translator = build_translator(models)
    try:
        site = await build(translator=translator)
        plan = Plan(languages=("ja", "pt-BR"), names=NAMES)
        made = await site.service.create(title="T", language="en", account=None, plan=plan)
        for number, text in enumerate(TRANSCRIPT, start=1):
            await site.service.commit_segment(made.meeting.id, segment(number, text))
            await site.translated()
        async with site.database.read() as connection:
            stored = await store.transcript(connection, made.meeting.id, ["ja", "pt-BR"])
    finally:
        await translator.close()

    def kept(tag: str, said: str, wording: str) -> tuple[int, int]:
        there = [number for number, text in enumerate(TRANSCRIPT, start=1) if said in text]
        texts = {one.caption.seq: one.caption.text for one in stored if one.caption.lang == tag}
        return sum(wording in texts[number] for number in there), len(there)

    assert kept("ja", "Ichiro Tanaka", "田中一郎") == (4, 4)
    assert kept("ja", "Aoba Elementary School", "青葉小学校") == (2, 2)
    assert kept("pt-BR", "Ichiro Tanaka", "Ichiro Tanaka") == (4, 4)
    assert kept("pt-BR", "Aoba Elementary School", "Escola Primária Aoba") == (2, 2)
    assert kept("ja", "4,500 yen", "4,500円") == (2, 2)
    assert kept("pt-BR", "4,500 yen", "4.500 ienes") == (2, 2)
