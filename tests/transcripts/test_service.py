"""Meetings and captions: what is stored together, what a machine may write and what only people may."""

from __future__ import annotations

import asyncio

import pytest

from core.accounts import Account
from core.errors import Conflict, InvalidInput, NotFound, TooLarge
from core.jobs import Job
from tests.transcripts.conftest import Build, Running, segment
from transcripts import store
from transcripts.service import QUEUE, MeetingOptions, MeetingService, clean, prefer, shown_for
from translation.errors import UnknownLanguage
from translation.glossary import Glossary
from translation.model import Lane, Translation
from translation.service import Translator

ANN = Account(id="ann", name="ann", role="interpreter", display_name="Ann", department="")


async def text_in(site: Running, meeting_id: str, lang: str, seq: int = 1) -> str | None:
    async with site.database.read() as connection:
        found = (await store.captions_of(connection, meeting_id, seq)).get(lang)
    return found.caption.text if found else None


async def caption_in(site: Running, meeting_id: str, lang: str, seq: int = 1) -> store.StoredCaption:
    async with site.database.read() as connection:
        return (await store.captions_of(connection, meeting_id, seq))[lang]


# Meetings


async def test_spoken_language_comes_first_and_once(site: Running) -> None:
    made = await site.service.create(title="T", language="en", languages=["ja", "en", "ja"], account=None)
    assert made.meeting.languages == ("en", "ja")


async def test_easy_japanese_brings_japanese_to_fall_back_on(site: Running) -> None:
    made = await site.meeting("ja-Hira")
    assert made.meeting.languages == ("en", "ja", "ja-Hira")


async def test_easy_japanese_cannot_be_the_spoken_language(site: Running) -> None:
    with pytest.raises(InvalidInput, match=r"^Speech cannot be recognised in ja-Hira; choose ja\.$"):
        await site.meeting(language="ja-Hira")


async def test_unknown_language_is_refused(site: Running) -> None:
    with pytest.raises(UnknownLanguage, match="^The language “xx” is not served"):
        await site.meeting("xx")


@pytest.mark.parametrize("title", ["", "   ", "x" * 121, "\u202e"])
async def test_title_must_have_a_sensible_length(site: Running, title: str) -> None:
    with pytest.raises(InvalidInput, match=r"^A meeting needs a title of 1 to 120 characters\.$"):
        await site.meeting(title=title)


async def test_too_many_caption_languages_are_refused(build: Build) -> None:
    site = await build(meeting_options=MeetingOptions(languages_limit=2))
    with pytest.raises(InvalidInput, match="at most 2 languages; 3 were given"):
        await site.meeting("ja", "pt-BR")


async def test_sender_token_opens_its_own_meeting_only(site: Running) -> None:
    one, other = await site.meeting(), await site.meeting()
    assert await site.service.may_send(one.meeting.id, one.sender_token)
    assert not await site.service.may_send(one.meeting.id, other.sender_token)
    assert not await site.service.may_send("nothing", one.sender_token)


async def test_sender_token_is_not_stored(site: Running) -> None:
    made = await site.meeting()
    async with site.database.read() as connection:
        stored = await store.sender_digest(connection, made.meeting.id)
    assert stored is not None
    assert made.sender_token not in stored


async def test_start_and_end_are_harmless_to_repeat(site: Running) -> None:
    made = await site.meeting()
    states = [
        (await move(made.meeting.id)).state
        for move in (
            site.service.start,
            site.service.start,
            site.service.end,
            site.service.end,
            site.service.start,
        )
    ]
    assert states == ["live", "live", "ended", "ended", "live"]


async def test_unknown_meeting_is_not_found(site: Running) -> None:
    with pytest.raises(NotFound, match="There is no such meeting"):
        await site.service.get("nothing")


async def test_list_is_bounded(build: Build) -> None:
    site = await build(meeting_options=MeetingOptions(list_limit=2))
    for _ in range(3):
        await site.meeting()
    assert len(await site.service.meetings(states=("planned",))) == 2


# Segments and translation


async def test_segment_its_caption_and_its_job_are_stored_together(site: Running) -> None:
    made = await site.meeting("ja")
    caption = await site.service.commit_segment(made.meeting.id, segment(1))
    assert (caption.seq, caption.rev, caption.lang, caption.origin, caption.position) == (
        1,
        1,
        "en",
        "speech",
        1,
    )
    assert await site.jobs.count(QUEUE) == {"ready": 1}


async def test_failed_segment_leaves_nothing_behind(site: Running) -> None:
    made = await site.meeting("ja")
    with pytest.raises(NotFound):
        await site.service.commit_segment("nothing", segment(1))
    assert await site.jobs.count(QUEUE) == {}
    assert await site.service.segments(made.meeting.id) == []


async def test_progress_follows_the_last_segment(site: Running) -> None:
    made = await site.meeting()
    await site.service.commit_segment(made.meeting.id, segment(1))
    progress = await site.service.progress(made.meeting.id)
    assert progress == store.Progress(next_seq=2, stored_samples=int(3.5 * 16_000))


async def test_without_a_model_the_spoken_text_is_shown_and_marked(site: Running) -> None:
    made = await site.meeting("ja")
    await site.service.commit_segment(made.meeting.id, segment(1))
    await site.translated()
    stored = await caption_in(site, made.meeting.id, "ja")
    assert stored.caption.text == "The school opens at 9."
    assert (stored.caption.origin, stored.caption.flags) == ("machine", ("untranslated",))


async def test_segment_is_translated_into_every_language_of_the_meeting(
    build: Build, translator: Translator
) -> None:
    site = await build(translator=translator)
    made = await site.meeting("ja", "pt-BR", "ja-Hira")
    await site.service.commit_segment(made.meeting.id, segment(1))
    await site.translated()
    assert "9" in (await caption_in(site, made.meeting.id, "ja")).caption.text
    assert (await caption_in(site, made.meeting.id, "pt-BR")).caption.text.startswith("A escola")
    assert await text_in(site, made.meeting.id, "ja-Hira") is None


async def test_captions_of_a_meeting_are_translated_in_order(site: Running) -> None:
    made = await site.meeting("ja")
    for seq in (1, 2, 3):
        await site.service.commit_segment(made.meeting.id, segment(seq))
    await site.translated()
    reading = await site.service.read_after(made.meeting.id, 0, languages=["ja"])
    assert [caption.seq for caption in reading.captions] == [1, 2, 3]


async def test_repeated_translation_job_changes_nothing(site: Running) -> None:
    made = await site.meeting("ja")
    await site.service.commit_segment(made.meeting.id, segment(1))
    await site.translated()
    async with site.database.write() as connection:
        await site.jobs.add(
            connection, queue=QUEUE, payload={"meeting_id": made.meeting.id, "seq": 1}, key=made.meeting.id
        )
    site.jobs.hint(QUEUE)
    await site.translated()
    assert (await caption_in(site, made.meeting.id, "ja")).caption.rev == 1
    assert (await site.service.read_after(made.meeting.id, 0)).position == 2


class Broken(Translator):
    """A translator whose engine crashes."""

    def __init__(self) -> None:
        super().__init__([])
        self.calls = 0

    async def translate(
        self,
        text: str,
        *,
        source: str,
        target: str,
        lane: Lane = "chat",
        glossary: Glossary | None = None,
    ) -> Translation:
        self.calls += 1
        raise RuntimeError("engine crashed")


async def test_crashing_engine_is_tried_again_then_the_spoken_text_is_shown(build: Build) -> None:
    broken = Broken()
    site = await build(translator=broken, meeting_options=MeetingOptions(translate_attempts=2))
    made = await site.meeting("ja")
    await site.service.commit_segment(made.meeting.id, segment(1))
    job = (await site.jobs.take(QUEUE, limit=1, lease_s=30))[0]

    with pytest.raises(RuntimeError):
        await site.service.translate(job)
    assert await text_in(site, made.meeting.id, "ja") is None
    await site.jobs.put_back(job, delay_s=0, reason="crash")
    second = (await site.jobs.take(QUEUE, limit=1, lease_s=30))[0]
    await site.service.translate(second)

    assert broken.calls == 2
    assert (await caption_in(site, made.meeting.id, "ja")).caption.flags == ("untranslated",)


# Corrections


async def committed(site: Running, *others: str) -> str:
    """A meeting with one translated segment."""
    made = await site.meeting(*others)
    await site.service.commit_segment(made.meeting.id, segment(1))
    await site.translated()
    return made.meeting.id


async def test_correction_replaces_the_text_and_is_marked_as_checked(site: Running) -> None:
    meeting = await committed(site, "ja")
    caption = await site.service.correct(
        meeting, seq=1, lang="ja", text="学校は9時に開きます。", rev=1, account=ANN
    )
    assert (caption.text, caption.rev, caption.origin, caption.flags) == (
        "学校は9時に開きます。",
        2,
        "human",
        ("checked",),
    )


async def test_second_correction_of_the_same_revision_is_refused(site: Running) -> None:
    meeting = await committed(site, "ja")
    await site.service.correct(meeting, seq=1, lang="ja", text="一", rev=1, account=ANN)
    with pytest.raises(Conflict, match="Somebody else changed this caption first"):
        await site.service.correct(meeting, seq=1, lang="ja", text="二", rev=1, account=ANN)
    assert await text_in(site, meeting, "ja") == "一"


async def test_two_corrections_at_the_same_moment_one_wins(site: Running) -> None:
    meeting = await committed(site, "ja")
    results = await asyncio.gather(
        *(site.service.correct(meeting, seq=1, lang="ja", text=text, rev=1, account=ANN) for text in "一二"),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Caption", "Conflict"]


async def test_corrected_spoken_text_is_translated_again(build: Build, translator: Translator) -> None:
    site = await build(translator=translator)
    meeting = await committed(site, "pt-BR")
    before = await text_in(site, meeting, "pt-BR")
    await site.service.correct(meeting, seq=1, lang="en", text="The bank opens at 10.", rev=1, account=ANN)
    await site.translated()
    stored = await caption_in(site, meeting, "pt-BR")
    assert stored.caption.text != before
    assert "banco" in stored.caption.text
    assert (stored.caption.rev, stored.caption.origin, stored.spoken_rev) == (2, "machine", 2)


async def test_human_translation_survives_a_correction_of_the_spoken_text(site: Running) -> None:
    meeting = await committed(site, "ja")
    await site.service.correct(meeting, seq=1, lang="ja", text="人の訳", rev=1, account=ANN)
    await site.service.correct(meeting, seq=1, lang="en", text="Other words.", rev=1, account=ANN)
    await site.translated()
    stored = await caption_in(site, meeting, "ja")
    assert (stored.caption.text, stored.spoken_rev) == ("人の訳", 1)
    assert (await caption_in(site, meeting, "en")).spoken_rev == 2


async def test_approval_without_a_change_keeps_translations_current(site: Running) -> None:
    meeting = await committed(site, "ja")
    await site.service.correct(meeting, seq=1, lang="en", text="The school opens at 9.", rev=1, account=ANN)
    assert await site.jobs.count(QUEUE) == {"done": 1}
    assert (await caption_in(site, meeting, "en")).spoken_rev == 1
    assert (await caption_in(site, meeting, "en")).caption.flags == ("checked",)


async def test_easy_japanese_is_written_by_people_from_nothing(site: Running) -> None:
    meeting = await committed(site, "ja-Hira")
    caption = await site.service.correct(
        meeting, seq=1, lang="ja-Hira", text="がっこうは 9じに あきます。", rev=0, account=ANN
    )
    assert (caption.rev, caption.lang, caption.start, caption.end) == (1, "ja-Hira", 2.0, 3.5)


async def test_history_keeps_who_wrote_what(site: Running) -> None:
    meeting = await committed(site)
    account = await site.accounts.add(
        "ann", "a long enough password", role="interpreter", display_name="Ann B"
    )
    await site.service.correct(meeting, seq=1, lang="en", text="Corrected.", rev=1, account=account)
    history = await site.service.history(meeting, seq=1, lang="en")
    assert [(one.text, one.by) for one in history] == [
        ("The school opens at 9.", None),
        ("Corrected.", "Ann B"),
    ]


async def test_correction_in_a_language_without_captions_is_refused(site: Running) -> None:
    meeting = await committed(site, "ja")
    with pytest.raises(InvalidInput, match="no captions in “ko”; choose one of en, ja"):
        await site.service.correct(meeting, seq=1, lang="ko", text="x", rev=0, account=ANN)


async def test_correction_of_nothing_is_not_found(site: Running) -> None:
    meeting = await committed(site)
    with pytest.raises(NotFound, match="no such caption"):
        await site.service.correct(meeting, seq=9, lang="en", text="x", rev=0, account=ANN)


async def test_empty_correction_is_refused(site: Running) -> None:
    meeting = await committed(site)
    with pytest.raises(InvalidInput, match="cannot be empty"):
        await site.service.correct(meeting, seq=1, lang="en", text=" \u200b ", rev=1, account=ANN)


async def test_endless_correction_is_refused(site: Running) -> None:
    meeting = await committed(site)
    with pytest.raises(TooLarge, match="at most 1000 characters"):
        await site.service.correct(meeting, seq=1, lang="en", text="x" * 1001, rev=1, account=ANN)


async def test_stale_machine_translation_never_replaces_a_human_one(site: Running) -> None:
    """A person writes while the machine is still translating."""
    made = await site.meeting("ja")
    await site.service.commit_segment(made.meeting.id, segment(1))
    job: Job = (await site.jobs.take(QUEUE, limit=1, lease_s=30))[0]
    service: MeetingService = site.service
    gate = asyncio.Event()

    class Slow(Translator):
        async def translate(
            self,
            text: str,
            *,
            source: str,
            target: str,
            lane: Lane = "chat",
            glossary: Glossary | None = None,
        ) -> Translation:
            await gate.wait()
            return await super().translate(text, source=source, target=target, lane=lane)

    slow = MeetingService(
        database=site.database, jobs=site.jobs, bus=site.bus, clock=site.jobs.clock, translator=Slow([])
    )
    working = site.tasks.spawn("translate", slow.translate(job))
    await service.correct(made.meeting.id, seq=1, lang="ja", text="人の訳", rev=0, account=ANN)
    gate.set()
    await working
    assert await text_in(site, made.meeting.id, "ja") == "人の訳"


# Reading


async def test_reading_says_how_far_it_is_complete_also_without_captions(site: Running) -> None:
    meeting = await committed(site, "ja")
    reading = await site.service.read_after(meeting, 1, languages=["en"])
    assert (reading.captions, reading.position, reading.state) == ((), 2, "planned")


async def test_full_page_is_complete_only_up_to_its_last_caption(site: Running) -> None:
    made = await site.meeting()
    for seq in (1, 2, 3):
        await site.service.commit_segment(made.meeting.id, segment(seq))
    reading = await site.service.read_after(made.meeting.id, 0, limit=2)
    assert ([caption.seq for caption in reading.captions], reading.position) == ([1, 2], 2)


async def test_position_from_the_future_counts_as_the_newest(site: Running) -> None:
    meeting = await committed(site)
    assert (await site.service.read_after(meeting, 10**12)).position == 1


def test_invisible_disguises_are_removed_from_texts() -> None:
    assert clean("a\u202eb\u200b\x07c\r\n d\ufeff") == "abc d"


def test_wide_spaces_of_easy_japanese_are_kept() -> None:
    assert clean("がっこうは\u30009じに\u3000あきます。\n") == "がっこうは\u30009じに\u3000あきます。"


def test_joiners_that_scripts_need_are_kept() -> None:
    assert clean("क्\u200dष ශ්\u200dරී") == "क्\u200dष ශ්\u200dරී"


def test_easy_japanese_readers_are_shown_japanese_as_well() -> None:
    assert shown_for("ja-Hira") == ("ja-Hira", "ja")
    assert shown_for("pt-BR") == ("pt-BR",)


async def test_preferred_language_is_chosen_segment_by_segment(site: Running) -> None:
    made = await site.meeting("ja-Hira")
    for seq in (1, 2):
        await site.service.commit_segment(made.meeting.id, segment(seq))
    await site.translated()
    await site.service.correct(made.meeting.id, seq=2, lang="ja-Hira", text="やさしい", rev=0, account=ANN)
    stored, _ = await site.service.transcript(made.meeting.id, ["ja", "ja-Hira"])
    chosen = prefer(stored, shown_for("ja-Hira"))
    assert [(one.caption.seq, one.caption.lang) for one in chosen] == [(1, "ja"), (2, "ja-Hira")]
