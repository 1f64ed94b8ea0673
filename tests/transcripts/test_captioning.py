"""Which languages captions are translated into, when, and what becomes of what was said before."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from core.accounts import Account
from core.errors import Busy, Unavailable
from core.jobs import RetryLater
from tests.transcripts.conftest import Build, Running, segment
from transcripts import renderings, store
from transcripts.captioning import spoken_tag
from transcripts.model import Meeting, Segment
from transcripts.naming import Rendering
from transcripts.readers import Readers
from transcripts.service import EARLIER, QUEUE, MeetingOptions, Plan
from translation.glossary import Glossary
from translation.model import Lane, Translation
from translation.service import Translator

ANN = Account(id="ann", name="ann", role="interpreter", display_name="Ann", department="")
READ_ONLY = Plan(languages=("ja", "pt-BR"), recorded=())


class Echo(Translator):
    """A translator that writes the target before the text, and remembers what it was asked for."""

    def __init__(self, says: dict[str, str] | None = None) -> None:
        super().__init__([])
        self.says = says or {}
        self.asked: list[tuple[str, str, Lane]] = []
        self.fails: Exception | None = None

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
        if self.fails is not None:
            raise self.fails
        return Translation(
            text=self.says.get(text, f"{target}: {text}"),
            source_text=text,
            source=source,
            target=target,
            route=(source, target),
            engine="echo",
            confidence=0.9,
            flags=(),
            kept=(),
            lost=(),
        )


async def planned(site: Running, plan: Plan = READ_ONLY, *, language: str = "en") -> Meeting:
    made = await site.service.create(title="T", language=language, account=None, plan=plan)
    return made.meeting


async def say(site: Running, meeting: Meeting, *numbers: int, **changes: Any) -> None:
    for number in numbers:
        said = replace(segment(number, changes.pop("text", f"Sentence {number}.")), **changes)
        await site.service.commit_segment(meeting.id, said)


async def texts(site: Running, meeting: Meeting, tag: str) -> dict[int, str]:
    async with site.database.read() as connection:
        found = await store.transcript(connection, meeting.id, [tag])
    return {one.caption.seq: one.caption.text for one in found}


# For whom


async def test_language_that_nobody_reads_or_records_is_not_translated(build: Build) -> None:
    echo = Echo()
    site = await build(translator=echo)
    meeting = await planned(site)
    await say(site, meeting, 1)
    assert await site.jobs.count(QUEUE) == {}
    await site.translated()
    assert (echo.asked, await texts(site, meeting, "ja")) == ([], {})


async def test_recorded_language_is_translated_always(build: Build) -> None:
    site = await build(translator=Echo())
    meeting = await planned(site, Plan(languages=("ja", "pt-BR"), recorded=("ja",)))
    await say(site, meeting, 1)
    await site.translated()
    assert await texts(site, meeting, "ja") == {1: "ja: Sentence 1."}
    assert await texts(site, meeting, "pt-BR") == {}


async def test_language_that_is_read_is_translated_in_the_live_lane(build: Build) -> None:
    echo = Echo()
    site = await build(translator=echo)
    meeting = await planned(site)
    await site.service.note_readers(meeting.id, ["ja"])
    await say(site, meeting, 1)
    await site.translated()
    assert echo.asked == [("Sentence 1.", "ja", "live")]


async def test_easy_japanese_reader_has_japanese_made(build: Build) -> None:
    site = await build(translator=Echo())
    meeting = await planned(site, Plan(languages=("ja-Hira",), recorded=()))
    await site.service.note_readers(meeting.id, ["ja-Hira"])
    await say(site, meeting, 1)
    await site.translated()
    assert await texts(site, meeting, "ja") == {1: "ja: Sentence 1."}
    assert await texts(site, meeting, "ja-Hira") == {}


async def test_language_counts_as_read_until_its_time_is_over(build: Build) -> None:
    site = await build(translator=Echo(), meeting_options=MeetingOptions(reader_s=0.0))
    meeting = await planned(site)
    await site.service.note_readers(meeting.id, ["ja"])
    await say(site, meeting, 1)
    assert await site.jobs.count(QUEUE) == {}


async def test_reader_in_another_process_counts_too(build: Build) -> None:
    here, there = await build(translator=Echo()), await build(translator=Echo())
    meeting = await planned(here)
    await there.service.note_readers(meeting.id, ["ja"])
    await say(here, meeting, 1)
    await here.translated()
    assert await texts(here, meeting, "ja") == {1: "ja: Sentence 1."}


async def test_language_outside_the_meeting_is_not_noted(build: Build) -> None:
    echo = Echo()
    site = await build(translator=echo)
    meeting = await planned(site)
    await site.service.note_readers(meeting.id, ["ne"])
    await say(site, meeting, 1)
    await site.translated()
    assert echo.asked == []


async def test_readers_of_a_meeting_that_is_gone_do_no_harm(site: Running) -> None:
    await site.service.note_readers("gone", ["ja"])
    assert await site.jobs.count(EARLIER) == {}


async def test_corrected_speech_is_translated_again_where_a_caption_is_though_nobody_reads(
    build: Build,
) -> None:
    site = await build(translator=Echo(), meeting_options=MeetingOptions(reader_s=0.0))
    meeting = await planned(site)
    await say(site, meeting, 1)
    await site.service.note_readers(meeting.id, ["ja"], everything=True)
    await site.translated()
    assert await texts(site, meeting, "ja") == {1: "ja: Sentence 1."}
    await site.service.correct(meeting.id, seq=1, lang="en", text="Corrected.", rev=1, account=ANN)
    await site.translated()
    assert await texts(site, meeting, "ja") == {1: "ja: Corrected."}
    assert await texts(site, meeting, "pt-BR") == {}


async def test_viewer_on_the_stream_is_a_reader(build: Build) -> None:
    site = await build(translator=Echo())
    meeting = await planned(site)
    readers = Readers(site.service.note_readers, [site.hub.watched])
    async with site.visitor.get(site.url(f"/meetings/{meeting.id}/captions?lang=ja")) as stream:
        await stream.content.readline()
        while not site.hub.readers(meeting.id):  # noqa: ASYNC110 -- nothing tells
            await asyncio.sleep(0)
        await readers.look()
        await say(site, meeting, 1)
        await site.translated()
    assert await texts(site, meeting, "ja") == {1: "ja: Sentence 1."}


async def test_all_sources_of_readers_are_put_together() -> None:
    noted: list[tuple[str, list[str]]] = []

    async def note(meeting_id: str, tags: Any) -> None:
        noted.append((meeting_id, list(tags)))

    await Readers(note, [lambda: {"a": {"ja": 2}, "b": {}}, lambda: {"a": {"en"}}]).look()
    assert noted == [("a", ["en", "ja"])]


# What was said before


async def test_who_joins_gets_the_newest_captions_first_and_the_others_in_bulk(build: Build) -> None:
    echo = Echo()
    site = await build(translator=echo, meeting_options=MeetingOptions(recent=2, part=2, earlier=5))
    meeting = await planned(site)
    await say(site, meeting, *range(1, 8))
    await site.service.note_readers(meeting.id, ["ja"])
    await site.translated()
    assert [(text, lane) for text, _, lane in echo.asked] == [
        ("Sentence 7.", "chat"),
        ("Sentence 6.", "chat"),
        ("Sentence 5.", "bulk"),
        ("Sentence 4.", "bulk"),
        ("Sentence 3.", "bulk"),
    ]
    assert sorted(await texts(site, meeting, "ja")) == [3, 4, 5, 6, 7]


async def test_second_reader_of_a_language_asks_for_nothing_more(build: Build) -> None:
    site = await build(translator=Echo(), meeting_options=MeetingOptions(renew_s=0.0))
    meeting = await planned(site)
    await say(site, meeting, 1)
    for _ in range(3):
        await site.service.note_readers(meeting.id, ["ja"])
    assert await site.jobs.count(EARLIER) == {"ready": 1}


async def test_earlier_captions_end_when_nobody_reads_them_any_more(build: Build) -> None:
    echo = Echo()
    site = await build(translator=echo, meeting_options=MeetingOptions(reader_s=0.0))
    meeting = await planned(site)
    await say(site, meeting, 1, 2, 3)
    await site.service.note_readers(meeting.id, ["ja"])
    await site.translated()
    assert (echo.asked, await site.jobs.count(EARLIER)) == ([], {"done": 1})


async def test_busy_translation_puts_earlier_captions_off(build: Build) -> None:
    echo = Echo()
    site = await build(translator=echo)
    meeting = await planned(site)
    await say(site, meeting, 1)
    await site.service.note_readers(meeting.id, ["ja"])
    echo.fails = Busy("Too much waits.")
    [job] = await site.jobs.take(EARLIER, limit=1, lease_s=30)
    with pytest.raises(RetryLater):
        await site.service.translate_earlier(job)
    assert await texts(site, meeting, "ja") == {}


async def test_complete_waits_until_every_caption_is_there(build: Build) -> None:
    site = await build(translator=Echo())
    meeting = await planned(site)
    await say(site, meeting, *range(1, 31))
    with site.bus.subscribe(f"jobs:{EARLIER}") as hint:
        waiting = site.tasks.spawn("wait", site.service.complete(meeting, ["ja", "en"], wait_s=30))
        assert await hint.wait(10)
    await site.translated()
    await waiting
    assert sorted(await texts(site, meeting, "ja")) == list(range(1, 31))


async def test_complete_says_how_many_are_left_when_that_takes_too_long(build: Build) -> None:
    site = await build(translator=Echo())
    meeting = await planned(site)
    await say(site, meeting, 1, 2)
    with pytest.raises(
        Unavailable, match=r"^2 captions are still being translated; ask again in a minute\.$"
    ):
        await site.service.complete(meeting, ["ja"], wait_s=0)
    assert await site.jobs.count(EARLIER) == {"ready": 1}


async def test_complete_asks_once_however_often_it_is_called(build: Build) -> None:
    site = await build(translator=Echo())
    meeting = await planned(site)
    await say(site, meeting, 1)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await site.service.complete(meeting, ["ja"], wait_s=0)
    assert await site.jobs.count(EARLIER) == {"ready": 1}


async def test_complete_does_nothing_where_nothing_is_missing(build: Build) -> None:
    site = await build(translator=Echo())
    meeting = await planned(site)
    await say(site, meeting, 1)
    await site.service.complete(meeting, ["en"], wait_s=0)
    assert await site.jobs.count(EARLIER) == {}


async def test_deleted_meeting_leaves_no_work_behind(build: Build) -> None:
    site = await build(translator=Echo())
    meeting = await planned(site, Plan(languages=("ja",)))
    await say(site, meeting, 1)
    [job] = await site.jobs.take(QUEUE, limit=1, lease_s=30)
    await site.service.remove(meeting.id)
    await site.translated()
    assert await texts(site, meeting, "en") == {}
    assert await site.jobs.count(QUEUE) == {"done": 1}
    assert job.payload["meeting_id"] == meeting.id


# In which language it was said


@pytest.mark.parametrize(
    ("heard", "meant"),
    [("pt", "pt-BR"), ("pt-BR", "pt-BR"), ("en", "en"), ("ja", "ja"), ("fr", "ja"), ("", "ja")],
)
def test_recogniser_s_language_is_one_of_the_meeting_s(site: Running, heard: str, meant: str) -> None:
    meeting = Meeting(
        id="m", title="T", language="ja", languages=("ja", "en", "pt-BR"), state="live",
        created_at=site.service._clock.now(), also_spoken=("en", "pt-BR"),
    )  # fmt: skip
    assert spoken_tag(meeting, heard) == meant


async def test_segment_in_another_language_is_translated_into_the_main_one_too(build: Build) -> None:
    site = await build(translator=Echo())
    meeting = await planned(
        site, Plan(languages=("en", "pt-BR"), also_spoken=("pt-BR",), recorded=("en",)), language="ja"
    )
    said = Segment(seq=1, start=0, end=1, language="pt", text="Bom dia.", words=())
    caption = await site.service.commit_segment(meeting.id, said)
    assert (caption.lang, caption.spoken) == ("pt-BR", "pt-BR")
    await site.translated()
    found = {tag: await texts(site, meeting, tag) for tag in meeting.languages}
    assert found == {"ja": {1: "ja: Bom dia."}, "pt-BR": {1: "Bom dia."}, "en": {1: "en: Bom dia."}}


async def test_untranslated_caption_says_in_which_language_it_is(build: Build) -> None:
    site = await build()
    meeting = await planned(site, Plan(languages=("en",), also_spoken=("pt-BR",)), language="ja")
    await site.service.commit_segment(
        meeting.id,
        Segment(seq=1, start=0, end=1, language="pt", text="A reforma da escola foi adiada.", words=()),
    )
    await site.translated()
    async with site.database.read() as connection:
        known = await store.captions_of(connection, meeting.id, 1)
    assert {tag: one.caption.written_in for tag, one in known.items()} == dict.fromkeys(
        ("ja", "en", "pt-BR"), "pt-BR"
    )


# What things are called

NAMES = Plan(languages=("ja",), names="Tanaka = 田中\nSuzuki", recorded=("ja",))


async def called(site: Running, meeting: Meeting) -> dict[str, str]:
    async with site.database.read() as connection:
        return {one.source: one.text for one in await renderings.known(connection, meeting.id)}


async def test_first_rendering_of_a_name_is_remembered(build: Build) -> None:
    site = await build(translator=Echo({"Suzuki": "鈴木", "Suzuki speaks.": "鈴木が話します。"}))
    meeting = await planned(site, NAMES)
    await say(site, meeting, 1, text="Suzuki speaks.")
    await site.translated()
    assert await called(site, meeting) == {"Suzuki": "鈴木"}


async def test_first_wording_of_a_number_is_kept_in_later_captions(build: Build) -> None:
    says = {"It costs 4,500 yen.": "4,500円です。", "Yes, 4500 yen.": "はい、4500円です。"}
    site = await build(translator=Echo(says))
    meeting = await planned(site, NAMES)
    for number, text in enumerate(says, start=1):
        await say(site, meeting, number, text=text)
        await site.translated()
    assert await texts(site, meeting, "ja") == {1: "4,500円です。", 2: "はい、4,500円です。"}


async def test_number_that_the_translation_made_up_is_not_remembered(build: Build) -> None:
    site = await build(translator=Echo({"It is free.": "9,000円です。"}))
    meeting = await planned(site, NAMES)
    await say(site, meeting, 1, text="It is free.")
    await site.translated()
    assert await called(site, meeting) == {}


async def test_interpreter_s_rendering_is_kept_from_then_on(build: Build) -> None:
    says = {"Tanaka pays 4,500 yen.": "田中は4500円を払います。", "So 4,500 yen.": "4500円です。"}
    site = await build(translator=Echo(says))
    meeting = await planned(site, NAMES)
    await say(site, meeting, 1, text="Tanaka pays 4,500 yen.")
    await site.translated()
    right = "棚加は4,500円を払います。"
    await site.service.correct(meeting.id, seq=1, lang="ja", text=right, rev=1, account=ANN)
    assert await called(site, meeting) == {"Tanaka": "棚加", "price:JPY4500": "4,500円"}
    await say(site, meeting, 2, text="So 4,500 yen.")
    await site.translated()
    assert (await texts(site, meeting, "ja"))[2] == "4,500円です。"


async def test_machine_does_not_change_what_a_person_called_something(site: Running) -> None:
    meeting = await planned(site)
    theirs = Rendering(kind="name", source_lang="en", source="Tanaka", lang="ja", text="棚加", by_person=True)
    for one in (theirs, replace(theirs, text="田中", by_person=False)):
        async with site.database.write() as connection:
            await renderings.keep(connection, meeting.id, [one], at=site.service._clock.now(), limit=10)
    assert await called(site, meeting) == {"Tanaka": "棚加"}


async def test_what_a_meeting_remembers_is_bounded(site: Running) -> None:
    meeting = await planned(site)
    many = [
        Rendering(kind="name", source_lang="en", source=f"Name {at}", lang="ja", text="名") for at in range(3)
    ]
    for one in many:
        async with site.database.write() as connection:
            await renderings.keep(connection, meeting.id, [one], at=site.service._clock.now(), limit=2)
    assert sorted(await called(site, meeting)) == ["Name 0", "Name 1"]


async def test_hotwords_are_the_names_as_they_are_spoken(site: Running) -> None:
    meeting = await planned(site, NAMES)
    assert await site.service.hotwords(meeting) == ("Tanaka", "Suzuki")
