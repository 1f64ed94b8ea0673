"""Forms from a phone to the desk and back: LINE's simulator, the real webhook, a real database."""

from __future__ import annotations

import asyncio
import base64
import csv
import datetime as dt
import io
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import bot
from bot.attachments.kinds import media_type
from bot.attachments.service import ATTACHMENTS
from bot.forms import store
from bot.forms.model import Booking, FormOptions
from bot.forms.reminders import REMINDERS
from bot.line.webhook import INBOX
from bot.outbox import OUTBOX
from bot.store import residents
from core.errors import Conflict, InvalidInput, NotFound
from core.jobs import Job, RetryLater, jobs_table
from core.words import Words
from tests.bot.conftest import Office, OpenOffice
from tests.core.page_checks import problems

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
GARBAGE = (  # as far as the question for the day
    "do=form&v=oversized-garbage",
    "sofá",
    "do=form&v=a:oversized-garbage:items:.enough",
    "あおば市中央3-8-2",
    "do=form&v=a:oversized-garbage:area:central",
)
TAXI = ("do=form&v=on-demand-taxi", "Estação Aoba", "Prefeitura", "2")


async def work(office: Office) -> None:
    """Do what is due, pictures and reminders too."""
    await office.work()
    forms = office.service.forms
    handlers: dict[str, Callable[[Job], Awaitable[None]]] = {
        ATTACHMENTS: office.service.attachments.handle,
        REMINDERS: forms.reminders.remind,
    }
    for queue, handle in handlers.items():
        for job in await office.service.jobs.take(queue, limit=20, lease_s=30):
            try:
                await handle(job)
            except RetryLater as later:
                await office.service.jobs.put_back(job, delay_s=later.delay_s or 1.0, reason=str(later))
    await office.work(OUTBOX)


async def talk(office: Office, *said: str, user: str = "") -> list[str]:
    """Write or press one after another; gives what came back last."""
    came: list[str] = []
    for one in said:
        came = await (office.press(one, user) if one.startswith("do=") else office.say(one, user))
    return came


def press(value: str) -> str:
    return f"do=form&v={value}"


async def bookings(office: Office) -> list[Booking]:
    async with office.database.read() as connection:
        ids = (
            await connection.execute(sa.select(store.bookings.c.id).order_by(store.bookings.c.number))
        ).scalars()
        found = [await store.get_booking(connection, one) for one in ids]
    return [booking for booking in found if booking]


async def book_taxi(office: Office, user: str = "", at: str = "2026-11-04T10:00") -> Booking:
    await talk(
        office,
        *TAXI,
        press(f"a:on-demand-taxi:slot:{at}"),
        press("a:on-demand-taxi:help:none"),
        "090-1234-5678",
        press("send"),
        user=user,
    )
    return (await bookings(office))[-1]


async def report_damage(office: Office, photo: bool = True) -> Booking:
    await talk(office, press("damage-report"), press("a:damage-report:kind:road"), "Chuo 1-2-3")
    if photo:
        await office.send("image", data=PNG)
        await work(office)
    else:
        await office.press(press("skip"))
    await talk(office, press("skip"), press("skip"), press("send"))
    return (await bookings(office))[-1]


async def test_form_is_filled_in_over_line_and_gives_a_receipt(office: Office) -> None:
    booking = await book_taxi(office)
    assert booking.receipt == f"T{booking.number:05d}"
    told = await office.read()
    assert f"Seu número de protocolo é {booking.receipt}." in told[-1]
    assert (booking.answers["from"], booking.answers["people"], booking.seats) == ("station", 2, 2)
    assert booking.starts_at == dt.datetime(2026, 11, 4, 1, 0, tzinfo=dt.UTC)


async def test_summary_comes_in_both_languages(office: Office) -> None:
    await book_taxi(office)
    cards = [text for text in await office.read() if "090-1234-5678" in text]
    assert cards[0].startswith("デマンドタクシーの予約")
    assert cards[1].startswith("Reserva do táxi por demanda")


async def test_staff_see_what_the_bot_said_in_japanese(office: Office) -> None:
    booking = await book_taxi(office)
    last = (await office.messages())[-1]
    assert (last.japanese or "").startswith(f"受付番号は {booking.receipt} です。")


async def test_draft_is_stored_and_gone_after_sending(office: Office) -> None:
    await talk(office, *TAXI)
    async with office.database.read() as connection:
        kept = (await connection.execute(sa.select(store.drafts))).all()
    assert [(row.form, row.state["answers"]["people"]) for row in kept] == [("on-demand-taxi", 2)]
    await book_taxi(office)
    async with office.database.read() as connection:
        assert (await connection.execute(sa.select(store.drafts))).all() == []


async def test_two_residents_never_get_the_same_last_place(office: Office) -> None:
    other = await office.resident("John", "en")
    third = await office.resident("Ana", "pt-BR")
    await book_taxi(office, user=third)  # two of four places
    for user in (office.user, other):
        await talk(
            office,
            "do=form&v=on-demand-taxi",
            press("a:on-demand-taxi:from:station"),
            press("a:on-demand-taxi:to:hall"),
            "2",
            press("a:on-demand-taxi:slot:2026-11-04T10:00"),
            press("a:on-demand-taxi:help:none"),
            "090-1234-5678",
            user=user,
        )
    for user in (office.user, other):
        await office.send("postback", user=user, data=press("send"))
    taken = await office.service.jobs.take(INBOX, limit=20, lease_s=30)
    results = await asyncio.gather(
        *(office.service.chat.handle(job) for job in taken), return_exceptions=True
    )
    late = [(job, result) for job, result in zip(taken, results, strict=True) if result is not None]
    for job, result in late:  # none where one of them was through before the other looked
        assert isinstance(result, RetryLater)
        await office.service.jobs.put_back(job, delay_s=0.0, reason="somebody else was faster")
    await office.work()
    held = [booking for booking in await bookings(office) if booking.place == "2026-11-04T10:00"]
    assert sum(booking.seats for booking in held) == 4
    unlucky = [user for user in (office.user, other) if user not in await _holders(office)]
    phrases = office.service.city.phrases
    told = await office.read(unlucky[0])
    assert any(phrases.get(tag, "form.filled_meanwhile") in told for tag in ("en", "pt-BR"))


async def _holders(office: Office) -> set[str]:
    async with office.database.read() as connection:
        rows = await connection.execute(
            sa.select(residents.c.line_user_id).join(
                store.bookings, store.bookings.c.resident_id == residents.c.id
            )
        )
    return set(rows.scalars())


async def test_redelivered_sending_books_once(office: Office) -> None:
    await talk(
        office,
        *TAXI,
        press("a:on-demand-taxi:slot:2026-11-04T10:00"),
        press("a:on-demand-taxi:help:none"),
        "090-1234-5678",
    )
    sent = await office.send("postback", data=press("send"))
    await office.work()
    await office.control("POST", f"/events/{sent['event_id']}/redeliver")
    await office.work()
    assert len(await bookings(office)) == 1


async def test_cancelled_booking_frees_its_places(office: Office) -> None:
    booking = await book_taxi(office)
    await talk(office, press(f"cancel:{booking.receipt}"), press(f"drop:{booking.receipt}"))
    (cancelled,) = await bookings(office)
    assert cancelled.state == "cancelled"
    async with office.database.read() as connection:
        assert await store.taken(connection, "on-demand-taxi") == {}


async def test_booking_of_another_resident_cannot_be_cancelled(office: Office) -> None:
    booking = await book_taxi(office)
    other = await office.resident("John", "en")
    await talk(office, press(f"drop:{booking.receipt}"), user=other)
    assert [one.state for one in await bookings(office)] == ["received"]


async def test_emergency_in_the_middle_is_answered_at_once_and_the_form_waits(office: Office) -> None:
    await talk(office, *TAXI)
    (told,) = await office.say("incêndio!")
    assert "119" in told
    await talk(office, press("a:on-demand-taxi:slot:2026-11-04T10:00"))
    assert len(await bookings(office)) == 0
    async with office.database.read() as connection:
        (row,) = (await connection.execute(sa.select(store.drafts))).all()
    assert row.state["answers"]["slot"] == "2026-11-04T10:00"


async def test_date_picker_of_line_gives_the_day(office: Office) -> None:
    await talk(office, press("certificate-request"), press("a:certificate-request:which:tax"), "1")
    await office.press(press("a:certificate-request:office:hall"))
    event = {
        "type": "postback",
        "mode": "active",
        "timestamp": 1793583000000,
        "source": {"type": "user", "userId": office.user},
        "webhookEventId": "01H0000000000000000000PICK",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA",
        "postback": {"data": press("a:certificate-request:day:"), "params": {"date": "2026-11-10"}},
    }
    await office.raw(event)
    await office.work()
    async with office.database.read() as connection:
        (row,) = (await connection.execute(sa.select(store.drafts))).all()
    assert row.state["answers"]["day"] == "2026-11-10"


# Messages that are taken back


async def test_answer_that_is_taken_back_is_asked_again(office: Office) -> None:
    await talk(office, press("hospital-interpreter"))
    sent = await office.send("text", text="City Hospital of Aoba")
    await office.work()
    await office.send("unsend", message_id=sent["message_id"])
    await office.work()
    came = await office.press(press("a:hospital-interpreter:clinic:child"))
    assert "Qual hospital?" in came[-1]


async def test_answer_of_a_booking_that_is_taken_back_is_hidden_from_staff_and_erased(office: Office) -> None:
    await talk(office, press("damage-report"), press("a:damage-report:kind:road"))
    sent = await office.send("text", text="in front of my secret house")
    await office.work()
    await talk(office, press("skip"), press("skip"), press("skip"), press("send"))
    (booking,) = await bookings(office)
    desk = office.service.forms.desk
    assert "in front of my secret house" in dict((await desk.open(booking.id)).rows).values()
    await office.send("unsend", message_id=sent["message_id"])
    await office.work()
    assert "in front of my secret house" not in dict((await desk.open(booking.id)).rows).values()
    assert "secret" not in await desk.export("damage-report")
    (after,) = await bookings(office)
    assert set(after.answers) == {"kind", "photo", "detail", "phone"}


async def test_answer_that_is_taken_back_stands_nowhere_on_the_disk(office: Office) -> None:
    await talk(office, press("damage-report"), press("a:damage-report:kind:road"))
    sent = await office.send("text", text="behind the zebrawood house")
    await office.work()
    await office.send("unsend", message_id=sent["message_id"])
    await office.work()
    assert await office.on_disk("behind the zebrawood house") == []


# Photos


async def test_photo_is_fetched_and_shown_to_staff_only(office: Office) -> None:
    booking = await report_damage(office)
    photo = str(booking.answers["photo"])
    clerk = await office.log_in("sato")
    async with clerk.get(office.url(f"/desk/attachments/{photo}")) as answer:
        assert (answer.status, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")
        assert media_type(await answer.read()) == answer.content_type
    async with office.browser().get(
        office.url(f"/desk/attachments/{photo}"), allow_redirects=False
    ) as answer:
        assert answer.status == 303


async def test_photo_that_is_taken_back_is_not_shown_and_its_file_goes(office: Office) -> None:
    booking = await report_damage(office)
    photo = str(booking.answers["photo"])
    attachments = office.service.attachments
    found, path = await attachments.open(photo)
    assert (found.purpose, path.read_bytes()) == ("form", base64.b64decode(PNG))
    await office.send("unsend", message_id=found.line_message_id)
    await work(office)
    with pytest.raises(NotFound):
        await attachments.open(photo)
    assert list((office.folder / "attachments").iterdir()) == []


async def test_photo_is_forgotten_after_its_time(office: Office) -> None:
    booking = await report_damage(office)
    office.clock.advance(181 * 86400)
    assert await office.service.attachments.tidy() == 1
    with pytest.raises(NotFound):
        await office.service.attachments.open(str(booking.answers["photo"]))


async def test_draft_is_forgotten_after_its_time(office: Office) -> None:
    await talk(office, *TAXI)
    office.clock.advance(15 * 86400)
    assert await office.service.forms.skill.tidy() == 1
    async with office.database.read() as connection:
        assert (await connection.execute(sa.select(store.drafts))).all() == []


# Reminders


async def reminders(office: Office) -> list[Any]:
    async with office.database.read() as connection:
        rows = await connection.execute(sa.select(jobs_table).where(jobs_table.c.queue == REMINDERS))
        return list(rows)


async def test_reminder_that_is_late_is_not_sent_on_the_day_itself(office: Office) -> None:
    booking = await book_taxi(office)
    (planned,) = await reminders(office)
    assert planned.available_at == dt.datetime(2026, 11, 3, 8, 0, tzinfo=dt.UTC)  # 17:00 in Japan
    before = len(await office.read())
    office.clock.advance(2 * 86400)
    await work(office)
    assert (await office.read())[before:] == []
    assert booking.state == "received"


async def test_reminder_is_left_out_near_the_end_of_the_months_messages(office: Office) -> None:
    await book_taxi(office)
    before = len(await office.read())
    office.service.forms.reminders._allows = lambda matters: matters
    office.clock.advance(31.5 * 3600)
    await work(office)
    assert (await office.read())[before:] == []
    async with office.database.read() as connection:
        since = office.clock.now() - dt.timedelta(days=40)
        assert await store.count_reminded(connection, since=since) == 0


async def test_reminder_comes_as_a_push_in_the_residents_language(office: Office) -> None:
    booking = await book_taxi(office)
    before = len(await office.read())
    office.clock.advance(31.5 * 3600)
    await work(office)
    (told,) = (await office.read())[before:]
    assert told == (
        f"Lembrete para amanhã:\nReserva do táxi por demanda\nqua., 4/11 10:00\nProtocolo: {booking.receipt}"
    )
    assert (await office.phone(**{"from": "bot"}))[-1]["via"] == "push"


async def test_no_reminder_for_a_cancelled_booking(office: Office) -> None:
    booking = await book_taxi(office)
    await talk(office, press(f"drop:{booking.receipt}"))
    before = len(await office.read())
    office.clock.advance(31.5 * 3600)
    await work(office)
    assert (await office.read())[before:] == []


async def test_no_reminder_over_the_months_limit(office: Office) -> None:
    await book_taxi(office)
    office.service.forms.reminders._options = _limited(office)
    before = len(await office.read())
    office.clock.advance(31.5 * 3600)
    await work(office)
    assert (await office.read())[before:] == []


def _limited(office: Office) -> Any:

    return FormOptions(reminders_a_month=0)


async def test_booking_for_tomorrow_made_in_the_evening_has_no_reminder(office: Office) -> None:
    office.clock.advance(9 * 3600)  # 18:30
    await book_taxi(office, at="2026-11-04T10:00")
    assert len(await reminders(office)) == 1
    office.clock.advance(86400)
    await talk(office, press("on-demand-taxi"))
    await book_taxi(office, at="2026-11-04T11:00")
    assert len(await reminders(office)) == 1


# Staff


async def test_confirmation_tells_the_resident(office: Office) -> None:
    booking = await book_taxi(office)
    clerk = await office.clerk("sato")
    await office.service.forms.desk.change(booking.id, clerk, "confirmed", version=1)
    await office.work()
    assert (await office.read())[-1] == f"Reserva do táxi por demanda ({booking.receipt}) foi confirmado."
    assert [one.state for one in await bookings(office)] == ["confirmed"]


async def test_declining_needs_a_reason_which_is_translated_and_frees_the_places(office: Office) -> None:
    booking = await book_taxi(office)
    desk, clerk = office.service.forms.desk, await office.clerk("sato")
    with pytest.raises(InvalidInput):
        await desk.change(booking.id, clerk, "declined", version=1)
    await desk.change(booking.id, clerk, "declined", reason="大雪のため運休します。", version=1)
    await office.work()
    told = (await office.read())[-1]
    assert told.startswith("Desculpe, não podemos aceitar Reserva do táxi por demanda")
    assert told.endswith("大雪のため運休します。")
    async with office.database.read() as connection:
        assert await store.taken(connection, "on-demand-taxi") == {}


async def test_change_of_an_old_version_is_refused(office: Office) -> None:
    booking = await book_taxi(office)
    desk, clerk = office.service.forms.desk, await office.clerk("sato")
    await desk.change(booking.id, clerk, "confirmed", version=1)
    with pytest.raises(Conflict):
        await desk.change(booking.id, clerk, "done", version=1)


async def test_finished_booking_does_not_change_any_more(office: Office) -> None:
    booking = await book_taxi(office)
    desk, clerk = office.service.forms.desk, await office.clerk("sato")
    await desk.change(booking.id, clerk, "done", version=1)
    with pytest.raises(Conflict):
        await desk.change(booking.id, clerk, "confirmed", version=2)


async def test_export_has_every_booking_and_no_formulas(office: Office) -> None:
    await talk(office, press("hospital-interpreter"), "=HYPERLINK(1)")
    await talk(
        office,
        press("a:hospital-interpreter:clinic:child"),
        press("a:hospital-interpreter:slot:2026-11-10T10:00"),
        press("a:hospital-interpreter:language:pt-BR"),
        press("skip"),
        "090-1234-5678",
        press("send"),
    )
    text = await office.service.forms.desk.export("hospital-interpreter")
    heads, row = csv.reader(io.StringIO(text))
    assert heads[:2] == ["受付番号", "状態"]
    assert dict(zip(heads, row, strict=True))["病院"] == "'=HYPERLINK(1)"
    assert dict(zip(heads, row, strict=True))["日時"] == "11月10日(火) 10:00"


async def test_calendar_counts_taken_places(office: Office) -> None:
    await book_taxi(office)
    days, events = await office.service.forms.desk.calendar("on-demand-taxi", dt.date(2026, 11, 2))
    assert events == []
    loads = {day.date: [(load.taken, load.capacity) for load in day.loads] for day in days[:7]}
    assert loads[dt.date(2026, 11, 4)] == [(2, 72)]
    assert loads[dt.date(2026, 11, 3)] == []  # a holiday
    assert loads[dt.date(2026, 11, 7)] == []  # a Saturday


async def test_calendar_of_events_names_them(office: Office) -> None:
    days, events = await office.service.forms.desk.calendar("event-sign-up", dt.date(2026, 11, 2))
    assert (days, [event.name for event in events][0]) == ([], "世界の料理教室")


# Pages


async def page(office: Office, client: Any, path: str, status: int = 200) -> str:
    async with client.get(office.url(path)) as answer:
        assert answer.status == status
        return str(await answer.text())


async def test_pages_show_forms_bookings_and_calendar(office: Office) -> None:
    booking = await book_taxi(office)
    clerk = await office.log_in("sato")
    assert "デマンドタクシーの予約" in await page(office, clerk, "/desk/forms")
    assert booking.receipt in await page(office, clerk, "/desk/forms/on-demand-taxi")
    assert "2 / 72" in await page(office, clerk, "/desk/forms/on-demand-taxi/calendar?from=2026-11-02")
    shown = await page(office, clerk, f"/desk/bookings/{booking.id}")
    assert "あおば駅" in shown
    assert "Maria" in shown


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_page_is_sound(office: Office, language: str) -> None:
    booking = await report_damage(office)
    await book_taxi(office)
    clerk = await office.log_in("sato")
    for path in (
        "/desk/forms",
        "/desk/forms/on-demand-taxi",
        "/desk/forms/damage-report?state=done",
        "/desk/forms/on-demand-taxi/calendar",
        "/desk/forms/event-sign-up/calendar",
        "/desk/forms/damage-report/calendar",
        f"/desk/bookings/{booking.id}",
    ):
        sign = "&" if "?" in path else "?"
        assert problems(await page(office, clerk, f"{path}{sign}ui={language}")) == [], path


def test_words_of_the_pages_are_the_same_in_both_languages() -> None:
    folder = Path(bot.__file__).parent / "words" / "forms"
    words = Words(folder)
    assert words.keys("ja") == words.keys("en")


async def test_filters_leave_out_what_does_not_fit(office: Office) -> None:
    booking = await book_taxi(office)
    clerk = await office.log_in("sato")
    base = "/desk/forms/on-demand-taxi"
    assert booking.receipt not in await page(office, clerk, f"{base}?state=done")
    assert booking.receipt in await page(office, clerk, f"{base}?since=2026-11-04&until=2026-11-04")
    assert booking.receipt not in await page(office, clerk, f"{base}?since=2026-11-05")


async def test_state_is_changed_by_the_page(office: Office) -> None:
    booking = await book_taxi(office)
    clerk = await office.log_in("sato")
    token = await office.csrf_of(clerk)
    form = {"csrf_token": token, "version": "1", "state": "confirmed", "reason": ""}
    path = office.url(f"/desk/bookings/{booking.id}")
    async with clerk.post(path, data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    async with clerk.post(path, data={**form, "state": "done"}) as answer:
        assert answer.status == 409
        assert re.search(r'role="alert"', await answer.text())


async def test_change_without_a_token_is_refused(office: Office) -> None:
    booking = await book_taxi(office)
    clerk = await office.log_in("sato")
    data = {"version": "1", "state": "confirmed"}
    async with clerk.post(office.url(f"/desk/bookings/{booking.id}"), data=data) as answer:
        assert answer.status == 403
    assert [one.state for one in await bookings(office)] == ["received"]


@pytest.mark.parametrize(
    "path",
    [
        "/desk/forms/nothing",
        "/desk/forms/nothing/calendar",
        "/desk/forms/on-demand-taxi?since=yesterday",
        "/desk/bookings/nothing",
        "/desk/attachments/..%2f..%2fmadoguchi.db",
    ],
)
async def test_unknown_pages_are_not_found(office: Office, path: str) -> None:
    clerk = await office.log_in("sato")
    await page(office, clerk, path, 404)


async def test_interpreter_sees_no_bookings(office: Office) -> None:
    interpreter = await office.log_in("ito", role="interpreter")
    await page(office, interpreter, "/desk/forms", 403)


async def test_csv_comes_with_a_mark_for_spreadsheets(office: Office) -> None:
    booking = await book_taxi(office)
    clerk = await office.log_in("sato")
    async with clerk.get(office.url("/desk/forms/on-demand-taxi/bookings.csv")) as answer:
        data = await answer.read()
    assert data.startswith(b"\xef\xbb\xbf")
    assert booking.receipt in data.decode("utf-8-sig")


async def test_hostile_answer_is_escaped_on_the_page(office: Office) -> None:
    await talk(
        office, press("damage-report"), press("a:damage-report:kind:road"), "<script>alert(1)</script>"
    )
    await talk(office, press("skip"), press("skip"), press("skip"), press("send"))
    (booking,) = await bookings(office)
    clerk = await office.log_in("sato")
    shown = await page(office, clerk, f"/desk/bookings/{booking.id}")
    assert "<script>alert(1)</script>" not in shown
    assert "&lt;script&gt;" in shown


# Erasing


async def test_erasing_a_resident_leaves_nothing_and_frees_places(open_office: OpenOffice) -> None:
    office = await open_office()
    booking = await book_taxi(office)
    await talk(office, press("damage-report"), press("a:damage-report:kind:road"))
    async with office.database.write() as connection:
        await store.erase_resident(connection, booking.resident_id)
    assert await bookings(office) == []
    async with office.database.read() as connection:
        assert (await connection.execute(sa.select(store.drafts))).all() == []
        assert await store.taken(connection, "on-demand-taxi") == {}


async def test_receipt_number_is_never_given_twice(office: Office) -> None:
    first = await book_taxi(office)
    async with office.database.write() as connection:
        await store.erase_resident(connection, first.resident_id)
    second = await book_taxi(office)
    assert second.number == first.number + 1


async def test_date_in_ones_own_language_is_read_before_a_language_was_chosen(office: Office) -> None:
    await talk(office, *GARBAGE)
    assert (await talk(office, "3 de dezembro"))[-1].startswith("[5/6]")


async def test_day_without_a_pickup_is_said_to_be_one_and_not_taken_for_another_question(
    office: Office,
) -> None:
    await talk(office, *GARBAGE)
    assert (await talk(office, "1 de dezembro"))[0].startswith("Não é possível em ter., 1/12.")


async def test_staff_read_in_japanese_what_a_resident_wrote_in_sentences(office: Office) -> None:
    await talk(
        office, press("damage-report"), press("a:damage-report:kind:road"), "Chuo 1-2-3", press("skip")
    )
    await talk(office, "A luz da rua está quebrada há uma semana.", press("skip"), press("send"))
    (booking,) = await bookings(office)
    clerk = await office.log_in("sato")
    shown = await page(office, clerk, f"/desk/bookings/{booking.id}?ui=en")
    opened = await office.service.forms.desk.open(booking.id)
    (japanese,) = opened.japanese.values()
    assert re.search(r"[\u3041-\u3096\u4e00-\u9fff]", japanese)
    assert f'<span lang="ja">{japanese}</span>' in shown
