"""Planning on pages: languages, names, sound; deleting; and the kept sound in the review room."""

from __future__ import annotations

import io
import wave
from typing import Any

import pytest
from aiohttp import ClientSession

from core.errors import InvalidInput, NotFound
from tests.core.page_checks import Page, problems
from tests.transcripts.conftest import Build, Running, segment
from transcripts.keeping import WAV_HEAD
from transcripts.model import Meeting
from transcripts.service import Plan
from transcripts.web import WebOptions

SOUND = bytes(range(256)) * 250  # two seconds


async def page(client: ClientSession, site: Running, path: str, *, status: int = 200) -> Page:
    async with client.get(site.url(path)) as answer:
        text = await answer.text()
        assert answer.status == status, text
    assert problems(text) == []
    return Page(text)


async def submit(
    client: ClientSession, site: Running, path: str, *fields: tuple[str, str], status: int = 200
) -> str:
    token = client.headers.get("X-CSRF-Token", "")
    async with client.post(site.url(path), data=[("csrf_token", token), *fields]) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def with_sound(site: Running, **plan: Any) -> Meeting:
    """A meeting with one segment whose sound is kept."""
    wanted = Plan(**{"languages": ("ja",), "audio_days": 7, **plan})
    made = await site.service.create(title="Briefing", language="en", account=None, plan=wanted)
    await site.service.commit_segment(made.meeting.id, segment(1))
    await site.translated()
    await site.keeper.append(made.meeting.id, 0, SOUND)
    await site.service.end(made.meeting.id)
    return await site.service.get(made.meeting.id)


# Planning

FIELDS = (
    ("title", "Briefing"),
    ("languages", "ja"),
    ("recorded", "pt-BR"),
    ("also_spoken", "pt-BR"),
    ("names", "田中一郎 = Ichiro Tanaka"),
    ("partials", "1"),
    ("audio_days", "7"),
)


async def test_everything_that_is_planned_is_stored(site: Running) -> None:
    clerk = await site.log_in("clerk", "staff")
    await submit(clerk, site, "/meetings", ("language", "en"), *FIELDS, status=201)
    [meeting] = await site.service.meetings(states=("planned",))
    assert (meeting.languages, meeting.recorded) == (("en", "pt-BR", "ja"), ("en", "pt-BR"))
    assert (meeting.also_spoken, meeting.names) == (("pt-BR",), "田中一郎 = Ichiro Tanaka")
    assert (meeting.partials, meeting.audio_days) == (True, 7)


async def test_only_the_spoken_language_is_recorded_unless_ticked(site: Running) -> None:
    clerk = await site.log_in("clerk", "staff")
    await submit(
        clerk, site, "/meetings", ("language", "en"), ("title", "T"), ("languages", "ja"), status=201
    )
    [meeting] = await site.service.meetings(states=("planned",))
    assert (meeting.languages, meeting.recorded, meeting.audio_days) == (("en", "ja"), ("en",), 0)


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_plan_page_is_well_made_and_shows_what_is_planned(site: Running, language: str) -> None:
    meeting = await with_sound(site, names="田中一郎 = Ichiro Tanaka", recorded=("ja",))
    clerk = await site.log_in("clerk", "staff")
    shown = await page(clerk, site, f"/meetings/{meeting.id}/plan?ui={language}")
    [names] = shown.all("textarea")
    assert names.text.strip() == "田中一郎 = Ichiro Tanaka"
    ticked = {
        (one.attributes["name"], one.attributes["value"])
        for one in shown.all("input")
        if "checked" in one.attributes
    }
    assert ticked == {("languages", "ja"), ("recorded", "ja")}


async def test_changed_plan_is_stored_and_what_was_said_stays(site: Running) -> None:
    meeting = await with_sound(site)
    clerk = await site.log_in("clerk", "staff")
    text = await submit(clerk, site, f"/meetings/{meeting.id}/plan", *FIELDS)
    assert "保存しました。" in text
    changed = await site.service.get(meeting.id)
    assert (changed.language, changed.languages) == ("en", ("en", "pt-BR", "ja"))
    assert len(await site.service.segments(meeting.id)) == 1


async def test_language_that_has_captions_cannot_be_taken_away(site: Running) -> None:
    meeting = await with_sound(site)
    clerk = await site.log_in("clerk", "staff")
    path = f"/meetings/{meeting.id}/plan?ui=en"
    text = await submit(clerk, site, path, ("title", "Other"), ("names", "Kept"), status=400)
    assert "This meeting has captions in ja already; keep these languages." in text
    assert problems(text) == []
    assert "Kept" in text
    assert (await site.service.get(meeting.id)).title == "Briefing"


async def test_unusable_name_is_refused_with_what_was_typed(site: Running) -> None:
    meeting = await with_sound(site)
    clerk = await site.log_in("clerk", "staff")
    fields = (("title", "Briefing"), ("languages", "ja"), ("names", "<김철수>"))
    text = await submit(clerk, site, f"/meetings/{meeting.id}/plan", *fields, status=400)
    assert "It is not clear in which language of the meeting" in text
    assert "&lt;김철수&gt;" in text


async def test_new_language_is_translated_back_for_files(build: Build) -> None:
    site = await build(web_options=WebOptions(file_wait_s=0))
    meeting = await with_sound(site)
    await site.service.replan(meeting.id, title="T", plan=Plan(languages=("ja", "pt-BR"), recorded=()))
    path = site.url(f"/meetings/{meeting.id}/transcript.txt?lang=pt-BR")
    async with site.visitor.get(path, headers={"Accept": "application/json"}) as answer:
        assert answer.status == 503
        assert (await answer.json())["error"]["message"] == (
            "1 captions are still being translated; ask again in a minute."
        )
    await site.translated()
    async with site.visitor.get(path) as answer:
        assert (answer.status, await answer.text()) == (200, "The school opens at 9.\n")


async def test_approved_text_waits_for_no_machine(build: Build) -> None:
    site = await build(web_options=WebOptions(file_wait_s=0))
    meeting = await with_sound(site, recorded=())
    async with site.visitor.get(
        site.url(f"/meetings/{meeting.id}/transcript.txt?lang=ja&text=approved")
    ) as answer:
        assert (answer.status, await answer.text()) == (200, "")


@pytest.mark.parametrize("path", ["plan", "sound/delete", "delete"])
async def test_visitor_may_not_plan_or_delete(site: Running, path: str) -> None:
    meeting = await with_sound(site)
    await submit(site.visitor, site, f"/meetings/{meeting.id}/{path}", ("sure", "1"), status=403)
    assert await site.keeper.samples(meeting.id) > 0


async def test_days_are_bounded_by_the_city(site: Running) -> None:
    with pytest.raises(InvalidInput, match=r"^Sound is kept for at most 30 days\.$"):
        await with_sound(site, audio_days=31)


# Deleting


async def test_staff_delete_the_sound_now(site: Running) -> None:
    meeting = await with_sound(site)
    clerk = await site.log_in("clerk", "staff")
    text = await submit(clerk, site, f"/meetings/{meeting.id}/sound/delete")
    assert await site.keeper.samples(meeting.id) == 0
    assert "sound/delete" not in text


async def test_staff_delete_a_meeting_with_everything(site: Running) -> None:
    meeting = await with_sound(site)
    clerk = await site.log_in("clerk", "staff")
    await submit(clerk, site, f"/meetings/{meeting.id}/delete", ("sure", "1"))
    with pytest.raises(NotFound):
        await site.service.get(meeting.id)
    assert await site.keeper.meetings() == []


async def test_deleting_without_being_sure_does_nothing(site: Running) -> None:
    meeting = await with_sound(site)
    clerk = await site.log_in("clerk", "staff")
    await submit(clerk, site, f"/meetings/{meeting.id}/delete", status=400)
    assert await site.keeper.samples(meeting.id) > 0


async def test_meeting_that_goes_on_is_not_deleted(site: Running) -> None:
    meeting = await with_sound(site)
    await site.service.start(meeting.id)
    clerk = await site.log_in("clerk", "staff")
    await submit(clerk, site, f"/meetings/{meeting.id}/delete", ("sure", "1"), status=409)
    assert (await site.service.get(meeting.id)).state == "live"


async def test_trouble_with_the_sound_is_told_to_staff(site: Running) -> None:
    meeting = await with_sound(site)
    await site.service.note_audio_trouble(meeting.id, "disk_limit")
    ann = await site.log_in("ann", "interpreter")
    for path in (f"/meetings/{meeting.id}/plan", f"/review/{meeting.id}"):
        shown = await page(ann, site, f"{path}?ui=en")
        assert [one.text[:35] for one in shown.has_class("waiting")][
            0
        ] == "The room for kept sound is used up:"


# The sound in the review room


async def sound(
    site: Running, client: ClientSession, meeting: Meeting, wanted: str = ""
) -> tuple[Any, bytes]:
    headers = {"Range": wanted} if wanted else {}
    async with client.get(site.url(f"/review/{meeting.id}/sound.wav"), headers=headers) as answer:
        return answer, await answer.read()


async def test_sound_is_a_wav_file(site: Running) -> None:
    meeting = await with_sound(site)
    ann = await site.log_in("ann", "interpreter")
    answer, body = await sound(site, ann, meeting)
    assert (answer.status, answer.content_type, answer.headers["Accept-Ranges"]) == (
        200,
        "audio/wav",
        "bytes",
    )
    assert answer.headers["Cache-Control"] == "private, no-store"
    with wave.open(io.BytesIO(body)) as file:
        assert file.readframes(file.getnframes()) == SOUND


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [
        ("bytes=0-", 0, 64_044),
        ("bytes=0-43", 0, 44),
        ("bytes=100-199", 100, 200),
        ("bytes=-10", 64_034, 64_044),
        ("bytes=64000-99999", 64_000, 64_044),
    ],
)
async def test_player_gets_the_bytes_that_it_asks_for(
    site: Running, wanted: str, start: int, stop: int
) -> None:
    meeting = await with_sound(site)
    ann = await site.log_in("ann", "interpreter")
    _, whole = await sound(site, ann, meeting)
    answer, body = await sound(site, ann, meeting, wanted)
    assert (answer.status, answer.headers["Content-Range"]) == (
        206,
        f"bytes {start}-{stop - 1}/{WAV_HEAD + 64_000}",
    )
    assert body == whole[start:stop]


async def test_bytes_beyond_the_end_are_refused(site: Running) -> None:
    meeting = await with_sound(site)
    ann = await site.log_in("ann", "interpreter")
    answer, _ = await sound(site, ann, meeting, "bytes=99999-")
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{WAV_HEAD + 64_000}")


async def test_range_that_cannot_be_understood_gives_everything(site: Running) -> None:
    meeting = await with_sound(site)
    ann = await site.log_in("ann", "interpreter")
    answer, body = await sound(site, ann, meeting, "lines=1-2")
    assert (answer.status, len(body)) == (200, WAV_HEAD + 64_000)


async def test_visitor_does_not_hear_it(site: Running) -> None:
    meeting = await with_sound(site)
    answer, _ = await sound(site, site.visitor, meeting)
    assert answer.url.path == "/login"


async def test_sound_that_is_not_kept_is_not_there(site: Running) -> None:
    made = await site.meeting("ja")
    await site.service.commit_segment(made.meeting.id, segment(1))
    ann = await site.log_in("ann", "interpreter")
    answer, _ = await sound(site, ann, made.meeting)
    assert answer.status == 404
    shown = await page(ann, site, f"/review/{made.meeting.id}")
    assert shown.all("audio") == []


async def test_review_room_with_sound_is_well_made(site: Running) -> None:
    meeting = await with_sound(site)
    ann = await site.log_in("ann", "interpreter")
    shown = await page(ann, site, f"/review/{meeting.id}?ui=en")
    assert [one.attributes["src"] for one in shown.all("audio")] == [f"/review/{meeting.id}/sound.wav"]
    [row] = [one for one in shown.all("section") if one.attributes.get("data-seq")]
    assert (row.attributes["data-start"], row.attributes["data-end"]) == ("2.0", "3.5")
