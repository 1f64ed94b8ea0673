"""Files from a phone to the desk and away again: LINE's simulator, the real webhook, a real database and disk."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import ClientSession

from bot.attachments import store
from bot.attachments.model import Attachment, AttachmentOptions
from bot.attachments.service import ATTACHMENTS
from bot.messenger import ContentGone, Messenger
from bot.store import get_resident, messages
from core.errors import NotFound
from core.jobs import RetryLater
from tests.bot.conftest import SPEECH, Office, OpenOffice

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(60)
PDF = b"%PDF-1.7\n" + bytes(60)
QUESTION = "Onde jogo fora um sofá velho?"


def data(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.fixture
async def asking(office: Office) -> Office:
    """A city hall with a resident whose request is open."""
    await office.ask_for_clerk(QUESTION)
    return office


async def fetch(office: Office) -> None:
    """Do what is due of files, as the worker would."""
    await office.work()
    for job in await office.service.jobs.take(ATTACHMENTS, limit=50, lease_s=30):
        try:
            await office.service.attachments.handle(job)
        except RetryLater as later:
            await office.service.jobs.put_back(job, delay_s=later.delay_s or 1.0, reason=str(later))


async def kept(office: Office) -> list[Attachment]:
    async with office.database.read() as connection:
        rows = await connection.execute(sa.select(store.attachments.c.id).order_by(store.attachments.c.id))
        found = [await store.get(connection, one) for one in rows.scalars()]
    return sorted((one for one in found if one), key=lambda one: one.line_message_id)


def files(office: Office) -> list[Path]:
    folder = office.folder / "attachments"
    return sorted(folder.iterdir()) if folder.is_dir() else []


async def send(office: Office, kind: str, content: bytes, **more: Any) -> str:
    """Send a file, let it be fetched; gives LINE's id of its message."""
    sent = await office.send(kind, data=data(content), **more)
    await fetch(office)
    return str(sent["message_id"])


# What the resident reads


async def test_file_for_an_open_request_gets_one_sentence(asking: Office) -> None:
    before = len(await asking.read())
    await send(asking, "image", PNG)
    said = asking.service.city.phrases.get("pt-BR", "media.passed_on")
    assert (await asking.read())[before:] == [said]


async def test_file_without_a_request_is_offered_to_a_person_and_not_fetched(office: Office) -> None:
    await send(office, "image", PNG)
    phrases = office.service.city.phrases
    assert (await office.read())[-1] == phrases.get("pt-BR", "media.offer")
    assert (await kept(office), files(office), await office.calls("content")) == ([], [], [])


async def test_file_that_is_given_to_a_person_opens_a_request_and_is_fetched(office: Office) -> None:
    await send(office, "image", PNG)
    await office.press("do=person")
    await fetch(office)
    request = await office.request()
    (one,) = await kept(office)
    assert (request.state, one.state, one.media_type, one.size) == ("open", "kept", "image/png", len(PNG))
    assert [path.read_bytes() for path in files(office)] == [PNG]


async def test_pictures_before_a_request_are_there_for_whoever_answers_it(office: Office) -> None:
    for _ in range(2):
        await send(office, "image", PNG)
    await office.ask_for_clerk(QUESTION)
    await fetch(office)
    assert [one.state for one in await kept(office)] == ["kept", "kept"]


async def test_pictures_of_the_day_before_are_not_fetched(office: Office) -> None:
    await send(office, "image", PNG)
    office.clock.advance(25 * 3600)
    await office.ask_for_clerk(QUESTION)
    await fetch(office)
    assert await kept(office) == []


async def test_pictures_sent_together_are_answered_once(office: Office) -> None:
    for index in (1, 2, 3):
        message = {
            "type": "image",
            "id": f"46{index}",
            "contentProvider": {"type": "line"},
            "imageSet": {"id": "E005", "index": index, "total": 3},
        }
        event = {
            "type": "message",
            "message": message,
            "webhookEventId": f"01FZ74A0TDDPYRVKNK77XKC3Z{index}",
            "deliveryContext": {"isRedelivery": False},
            "timestamp": 1692251666727,
            "source": {"type": "user", "userId": office.user},
            "mode": "active",
        }
        await office.raw(event)
    await office.work()
    assert len([one for one in await office.messages() if one.direction == "bot"]) == 1
    assert len([one for one in await office.messages() if one.direction == "resident"]) == 3


async def test_clerk_who_answers_gets_the_file_in_silence(asking: Office) -> None:
    clerk = await asking.clerk("ito")
    await asking.service.requests.claim((await asking.request()).id, clerk)
    before = len(await asking.read())
    await send(asking, "image", PNG)
    assert len(await asking.read()) == before
    assert [one.state for one in await kept(asking)] == ["kept"]


# Fetching


@pytest.mark.parametrize(
    ("kind", "content", "media_type"),
    [
        ("image", PNG, "image/png"),
        ("video", MP4, "video/mp4"),
        ("file", PDF, "application/pdf"),
        ("file", b"<script>alert(1)</script>", "application/octet-stream"),
        ("image", b"not a picture", "application/octet-stream"),
    ],
)
async def test_type_is_decided_by_the_content(
    asking: Office, kind: str, content: bytes, media_type: str
) -> None:
    await send(asking, kind, content, media_type="image/png")
    assert [(one.kind, one.media_type) for one in await kept(asking)] == [(kind, media_type)]


async def test_recording_of_a_voice_message_is_kept_too(asking: Office) -> None:
    recording = (SPEECH / "voice-message.flac").read_bytes()
    await send(asking, "audio", recording, duration_ms=4740)
    (one,) = await kept(asking)
    assert (one.kind, one.media_type, one.size) == ("voice", "audio/flac", len(recording))


async def test_file_is_fetched_once(asking: Office) -> None:
    await send(asking, "image", PNG)
    await asking.press("do=person")
    await fetch(asking)
    assert len(await asking.calls("content")) == 1


async def test_content_that_is_not_ready_is_asked_for_again(asking: Office) -> None:
    await send(asking, "video", MP4, preparing_s=3.0)
    assert [one.state for one in await kept(asking)] == ["waiting"]
    asking.clock.advance(5)
    await fetch(asking)
    assert [one.state for one in await kept(asking)] == ["kept"]


async def test_line_that_fails_is_asked_again(asking: Office) -> None:
    await asking.fault("error", "content")
    await send(asking, "image", PNG)
    assert [one.state for one in await kept(asking)] == ["waiting"]
    asking.clock.advance(5)
    await fetch(asking)
    assert [one.state for one in await kept(asking)] == ["kept"]


async def test_line_that_stays_silent_is_given_up_and_staff_see_it(asking: Office) -> None:
    await asking.fault("error", "content", times=100)
    await send(asking, "image", PNG)
    asking.clock.advance(5)
    (job,) = await asking.service.jobs.take(ATTACHMENTS, limit=1, lease_s=30)
    await asking.service.attachments.given_up(job)
    assert [one.state for one in await kept(asking)] == ["gone"]


async def test_content_that_is_gone_is_said_plainly(asking: Office) -> None:
    event = {
        "type": "message",
        "message": {"type": "image", "id": "468789577898262530", "contentProvider": {"type": "line"}},
        "webhookEventId": "01FZ74A0TDDPYRVKNK77XKC3ZR",
        "deliveryContext": {"isRedelivery": False},
        "timestamp": 1692251666727,
        "source": {"type": "user", "userId": asking.user},
        "mode": "active",
    }
    await asking.raw(event)
    await fetch(asking)
    assert [one.state for one in await kept(asking)] == ["gone"]
    clerk = await asking.log_in("sato")
    text = await conversation(asking, clerk)
    assert "LINE no longer had it" in text


def limit(office: Office, **limits: int) -> None:
    office.service.attachments._options = AttachmentOptions(**limits)


async def test_file_that_is_too_large_is_not_kept(asking: Office) -> None:
    limit(asking, bytes=len(PNG) - 1)
    await send(asking, "image", PNG)
    assert ([one.state for one in await kept(asking)], files(asking)) == (["too_large"], [])


async def test_file_of_just_the_allowed_size_is_kept(asking: Office) -> None:
    limit(asking, bytes=len(PNG))
    await send(asking, "image", PNG)
    assert [one.state for one in await kept(asking)] == ["kept"]


async def test_only_so_many_files_a_day_are_fetched(asking: Office) -> None:
    limit(asking, a_day=2)
    for _ in range(3):
        await send(asking, "image", PNG)
    assert [one.state for one in await kept(asking)] == ["kept", "kept", "refused"]
    asking.clock.advance(86_401)
    await send(asking, "image", PNG)
    assert [one.state for one in await kept(asking)][3] == "kept"


async def test_full_store_takes_no_more(asking: Office) -> None:
    limit(asking, mb=0)
    await send(asking, "image", PNG)
    assert ([one.state for one in await kept(asking)], files(asking)) == (["refused"], [])


async def test_disk_that_is_full_is_tried_again(asking: Office) -> None:
    blocked = asking.folder / "attachments"
    blocked.write_text("a file where a folder should be")
    await send(asking, "image", PNG)
    assert [one.state for one in await kept(asking)] == ["waiting"]
    blocked.unlink()
    asking.clock.advance(61)
    await fetch(asking)
    assert [one.state for one in await kept(asking)] == ["kept"]


# Forgetting


async def test_file_that_is_taken_back_is_gone_at_once_and_from_the_disk(asking: Office) -> None:
    sent = await send(asking, "image", PNG)
    (one,) = await kept(asking)
    await asking.send("unsend", message_id=sent)
    await asking.work()
    with pytest.raises(NotFound):
        await asking.service.attachments.open(one.id)
    await fetch(asking)
    assert (await kept(asking), files(asking)) == ([], [])


class Slow:
    """A messenger in which something happens while content is on its way."""

    def __init__(self, messenger: Messenger, meanwhile: Any) -> None:
        self._messenger = messenger
        self._meanwhile = meanwhile

    async def content(self, message_id: str, *, limit: int) -> bytes:
        found = await self._messenger.content(message_id, limit=limit)
        await self._meanwhile()
        return found


async def test_file_that_is_taken_back_while_it_is_fetched_does_not_stay(asking: Office) -> None:
    attachments = asking.service.attachments
    sent = await asking.send("image", data=data(PNG))

    async def take_back() -> None:
        async with asking.database.write() as connection:
            await attachments.forget_message(connection, sent["message_id"])

    attachments._messenger = Slow(attachments._messenger, take_back)  # type: ignore[assignment]
    await fetch(asking)
    assert (await kept(asking), files(asking)) == ([], [])


async def test_erasing_a_resident_erases_the_files(asking: Office) -> None:
    await send(asking, "image", PNG)
    resident_id = (await kept(asking))[0].resident_id
    async with asking.database.write() as connection:
        resident = await get_resident(connection, resident_id)
        await asking.service.privacy.erasing.erase(connection, resident)
    for job in await asking.service.jobs.take("privacy.erase", limit=10, lease_s=30):
        await asking.service.privacy.erasing.finish(job)
    assert (await kept(asking), files(asking)) == ([], [])


async def test_file_is_forgotten_after_its_time(asking: Office) -> None:
    await send(asking, "image", PNG)
    asking.clock.advance(179 * 86_400)
    assert await asking.service.attachments.tidy() == 0
    asking.clock.advance(2 * 86_400)
    assert await asking.service.attachments.tidy() == 1
    assert (await kept(asking), files(asking)) == ([], [])


async def test_file_goes_with_its_message(asking: Office) -> None:
    await send(asking, "image", PNG)
    async with asking.database.write() as connection:
        await connection.execute(messages.delete().where(messages.c.kind == "image"))
    assert await asking.service.attachments.tidy() == 1
    assert files(asking) == []


async def test_tidying_removes_what_a_killed_process_left_and_nothing_else(asking: Office) -> None:
    await send(asking, "image", PNG)
    folder = asking.folder / "attachments"
    for name in ("0190-no-row", "0190-no-row-either.part"):
        (folder / name).write_bytes(b"left")
    assert await asking.service.attachments.tidy() == 2
    assert [path.read_bytes() for path in files(asking)] == [PNG]


# At the desk


async def conversation(office: Office, clerk: ClientSession) -> str:
    request = await office.request()
    async with clerk.get(office.url(f"/desk?request={request.id}&ui=en")) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_picture_is_shown_lazily_with_words_for_those_who_do_not_see_it(asking: Office) -> None:
    await send(asking, "image", PNG)
    (one,) = await kept(asking)
    text = await conversation(asking, await asking.log_in("sato"))
    assert f'src="/desk/attachments/{one.id}" alt="Picture that the resident sent" loading="lazy"' in text


@pytest.mark.parametrize(
    ("kind", "content", "link"),
    [
        ("video", MP4, "Save the video"),
        ("file", PDF, "Save the file"),
        ("file", b"<script>alert(1)</script>", "Save the file"),
    ],
)
async def test_film_and_file_are_links_with_their_size(
    asking: Office, kind: str, content: bytes, link: str
) -> None:
    await send(asking, kind, content)
    text = await conversation(asking, await asking.log_in("sato"))
    assert link in text
    assert "1 KB" in text
    assert "alert(1)" not in text


async def test_recording_can_be_played_at_the_desk(asking: Office) -> None:
    await send(asking, "audio", (SPEECH / "voice-message.flac").read_bytes(), duration_ms=4740)
    (one,) = await kept(asking)
    text = await conversation(asking, await asking.log_in("sato"))
    assert f'<audio class="attachment-sound" controls preload="none" src="/desk/attachments/{one.id}"' in text


async def test_file_that_is_on_its_way_says_so(asking: Office) -> None:
    await send(asking, "video", MP4, preparing_s=60)
    assert "Fetching from LINE" in await conversation(asking, await asking.log_in("sato"))


async def test_file_comes_as_a_download_that_no_browser_runs(asking: Office) -> None:
    await send(asking, "file", b"<script>alert(1)</script>")
    (one,) = await kept(asking)
    clerk = await asking.log_in("sato")
    async with clerk.get(asking.url(f"/desk/attachments/{one.id}")) as answer:
        assert (answer.status, await answer.read()) == (200, b"<script>alert(1)</script>")
        headers = answer.headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment; filename=")
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-store"


async def test_player_may_ask_for_a_part(asking: Office) -> None:
    await send(asking, "video", MP4)
    (one,) = await kept(asking)
    clerk = await asking.log_in("sato")
    part = {"Range": "bytes=4-11"}
    async with clerk.get(asking.url(f"/desk/attachments/{one.id}"), headers=part) as answer:
        assert (answer.status, await answer.read()) == (206, b"ftypmp42")


async def test_nobody_else_gets_a_file(asking: Office) -> None:
    await send(asking, "image", PNG)
    (one,) = await kept(asking)
    path = asking.url(f"/desk/attachments/{one.id}")
    async with asking.browser().get(path, allow_redirects=False) as answer:
        assert answer.status == 303
    interpreter = await asking.log_in("mori", role="interpreter")
    async with interpreter.get(path) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("name", ["unknown", "..%2fmadoguchi.db", "..%2f..%2fetc%2fpasswd"])
async def test_what_is_no_file_is_not_found(asking: Office, name: str) -> None:
    clerk = await asking.log_in("sato")
    async with clerk.get(asking.url(f"/desk/attachments/{name}")) as answer:
        assert answer.status == 404


async def test_row_without_its_file_is_not_found(asking: Office) -> None:
    await send(asking, "image", PNG)
    (one,) = await kept(asking)
    files(asking)[0].unlink()
    with pytest.raises(NotFound):
        await asking.service.attachments.open(one.id)


async def test_programs_see_what_came_with_a_message(asking: Office) -> None:
    await send(asking, "image", PNG)
    request, clerk = await asking.request(), await asking.log_in("sato")
    async with clerk.get(asking.url(f"/api/v1/requests/{request.id}")) as answer:
        came = [one["attachment"] for one in (await answer.json())["messages"] if one["attachment"]]
    (one,) = await kept(asking)
    assert came == [
        {
            "id": one.id,
            "state": "kept",
            "what": "image",
            "media_type": "image/png",
            "ending": "png",
            "bytes": len(PNG),
            "size": "1 KB",
        }
    ]


async def test_file_larger_than_the_limit_is_not_read_to_its_end(open_office: OpenOffice) -> None:
    office = await open_office()
    await office.ask_for_clerk(QUESTION)
    limit(office, bytes=1000)
    await send(office, "file", bytes(3_000_000))
    assert [one.state for one in await kept(office)] == ["too_large"]


async def test_content_of_an_unknown_message_is_gone(office: Office) -> None:
    with pytest.raises(ContentGone):
        await office.service.attachments._messenger.content("1/../2", limit=10)
