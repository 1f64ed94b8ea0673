"""Check-in, shelters and notices through the webhook, a real database and LINE's simulator."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Any

import pytest
import sqlalchemy as sa

from bot.disaster import store
from bot.disaster.broadcasts import Target
from bot.disaster.desk import erase_resident, export_resident
from bot.disaster.reminders import REMIND
from bot.disaster.sending import SEND
from bot.store import find_resident, residents
from core.errors import Conflict, InvalidInput
from tests.bot.conftest import Office, OpenOffice
from tests.bot.disaster.conftest import Hall

HOME = (
    "safe:safe",
    "consent:share:safe",
    "place:home",
    "location:chuo",
    "people:1",
    "elderly:1:0:0",
    "needs:none",
)


async def counts(hall: Hall, notice_id: str) -> dict[str, int]:
    found = (await hall.parts.notices.open(notice_id)).counts.total
    return {state: many for state, many in found.items() if many}


async def send(hall: Hall, notice_id: str) -> None:
    version = (await hall.parts.notices.open(notice_id)).notice.version
    await hall.parts.notices.send(hall.account, notice_id, version=version)


async def open_shelter(hall: Hall, shelter: str, state: str = "open", **more: Any) -> None:
    async with hall.office.database.read() as connection:
        known = (await store.all_shelter_states(connection)).get(shelter)
    told = {"crowding": "some", "supplies": {"water": True, "wifi": False}, **more}
    version = known.version if known else 0
    await hall.parts.desk.set_shelter(hall.account, shelter, state=state, version=version, **told)


async def test_check_in_is_stored_and_shown_in_the_residents_language(hall: Hall) -> None:
    await hall.start()
    said = await hall.press_all(*HOME)
    assert said[-1].startswith("Como você está")
    checkin = await hall.checkin()
    assert checkin is not None
    assert (checkin.place, checkin.area, checkin.people, checkin.needs) == ("home", "chuo", 1, ())


async def test_help_is_an_urgent_request_with_the_place_in_japanese(hall: Hall) -> None:
    await hall.start()
    said = await hall.press_all("safe:help")
    assert "119" in said[0]
    request = await hall.office.request()
    assert (request.urgent, request.department, request.state) == (True, "disaster", "open")
    under = [one for one in await hall.office.messages() if one.request_id == request.id]
    assert [one.japanese for one in under] == ["安否確認：助けが必要とのことです。場所：？"]
    assert f"número {request.number}" in said[0]


async def test_help_makes_a_waiting_question_urgent(hall: Hall) -> None:
    before = await hall.office.ask_for_clerk("Minha empresa parou de pagar as horas extras?")
    await hall.start()
    await hall.press_all("safe:help")
    after = await hall.office.request()
    assert (before.urgent, after.urgent, after.id) == (False, True, before.id)


async def test_a_second_disaster_waits_for_the_end_of_the_first(hall: Hall) -> None:
    first = await hall.start()
    with pytest.raises(Conflict):
        await hall.start("flood")
    await hall.parts.desk.end(hall.account, first)
    assert await hall.start("flood") != first


async def test_reminder_comes_after_the_hours_and_stops_by_word(hall: Hall) -> None:
    await hall.start()
    await hall.press_all(*HOME)
    hall.office.clock.advance(3600.0)
    await hall.work()
    before = len(await hall.office.read())
    hall.office.clock.advance(6 * 3600.0)
    await hall.work()
    came = (await hall.office.read())[before:]
    assert [one[:22] for one in came] == ["Como você está agora? "]
    await hall.office.say("sem lembretes")
    before = len(await hall.office.read())
    for _ in range(4):
        hall.office.clock.advance(8 * 3600.0)
        await hall.work()
    assert len(await hall.office.read()) == before


async def test_nobody_is_reminded_after_the_end(hall: Hall) -> None:
    disaster = await hall.start()
    await hall.press_all(*HOME)
    await hall.parts.desk.end(hall.account, disaster)
    before = len(await hall.office.read())
    hall.office.clock.advance(7 * 3600.0)
    await hall.work()
    assert len(await hall.office.read()) == before
    assert (await hall.office.jobs(REMIND)).get("ready", 0) == 0


async def test_before_a_disaster_a_location_shows_designated_shelters(hall: Hall) -> None:
    await hall.office.send("location", latitude=35.6041, longitude=139.5109, title="", address="")
    await hall.office.work()
    bubble = (await hall.office.phone(**{"from": "bot"}))[-1]["message"]
    assert bubble["altText"].startswith("Abrigos perto de você")
    uris = [
        one["action"]["uri"]
        for one in bubble["contents"]["footer"]["contents"]
        if one["action"]["type"] == "uri"
    ]
    assert uris[0] == "https://www.google.com/maps/dir/?api=1&destination=35.6041,139.5109&travelmode=walking"


async def test_in_a_disaster_only_open_shelters_are_shown_with_their_state(hall: Hall) -> None:
    await hall.start()
    await open_shelter(hall, "minami-elementary")
    await open_shelter(hall, "citizens-gym", "full")
    said = await hall.office.press("do=shelters&v=higashi")
    assert said[-1].startswith("Abrigos abertos perto de você")
    assert "Escola Primária Minami" in said[-1]
    assert "Ginásio" not in said[-1]
    assert "Aberto · enchendo · ○ água · × Wi-Fi" in said[-1]


async def test_the_word_shelter_asks_for_the_location(hall: Hall) -> None:
    await hall.office.say("abrigo")
    items = (await hall.office.phone(**{"from": "bot"}))[-1]["message"]["quickReply"]["items"]
    assert items[0]["action"]["type"] == "location"
    said = await hall.office.say("Kawanishi")
    assert "Kawanishi" in said[-1]


async def test_a_shelter_changed_by_somebody_else_is_refused(hall: Hall) -> None:
    await open_shelter(hall, "citizens-gym")
    with pytest.raises(Conflict):
        await hall.parts.desk.set_shelter(
            hall.account, "citizens-gym", state="full", crowding="", supplies={}, version=0
        )


async def test_template_goes_out_in_the_language_of_each(hall: Hall) -> None:
    other = await hall.office.resident("Kim", "ko")
    await hall.office.press("do=language&v=ko", other)
    notice = await hall.parts.notices.draft_template(
        hall.account, "shelter_open", {"shelter": "citizens-gym"}, Target()
    )
    await send(hall, notice)
    await hall.work()
    assert "Abrigo aberto: Ginásio Municipal" in (await hall.office.read())[-1]
    assert "대피소를 열었습니다: 시민체육관" in (await hall.office.read(other))[-1]
    assert await counts(hall, notice) == {"delivered": 2}
    assert (await hall.parts.notices.open(notice)).notice.state == "done"


async def test_area_chosen_before_decides_who_gets_it(hall: Hall) -> None:
    other = await hall.office.resident("Kim", "ko")
    await hall.office.press("do=area&v=midori", other)
    await hall.office.press("do=area&v=minato")
    notice = await hall.parts.notices.draft_template(
        hall.account, "evacuation_order", {}, Target(areas=("minato",))
    )
    await send(hall, notice)
    await hall.work()
    assert await counts(hall, notice) == {"delivered": 1}
    assert "Região: Minato-cho" in (await hall.office.read())[-1]


async def test_blocked_residents_are_counted_and_not_called(hall: Hall) -> None:
    await hall.office.send("unfollow")
    await hall.office.work()
    notice = await hall.parts.notices.draft_template(hall.account, "stay_home", {}, Target())
    await send(hall, notice)
    await hall.work()
    assert await counts(hall, notice) == {"blocked": 1}


async def test_sending_twice_is_refused(hall: Hall) -> None:
    notice = await hall.parts.notices.draft_template(hall.account, "stay_home", {}, Target())
    version = (await hall.parts.notices.open(notice)).notice.version
    await hall.parts.notices.send(hall.account, notice, version=version)
    with pytest.raises(Conflict):
        await hall.parts.notices.send(hall.account, notice, version=version)
    await hall.work()
    assert await counts(hall, notice) == {"delivered": 1}


@pytest.mark.parametrize("kind", ["timeout_after", "error_after", "timeout", "rate", "error"])
async def test_trouble_at_line_delivers_once_in_the_end(hall: Hall, kind: str) -> None:
    for name in ("Kim", "Lee"):
        user = await hall.office.resident(name, "ko")
        await hall.office.press("do=language&v=pt-BR", user)
    notice = await hall.parts.notices.draft_template(hall.account, "stay_home", {}, Target())
    before = len(await hall.office.read())
    await hall.office.fault(kind, "multicast")
    await send(hall, notice)
    await hall.work()
    waiting = await hall.parts.notices.open(notice)
    assert waiting.counts.total["queued"] == 3
    assert waiting.notice.trouble == ("limited" if kind == "rate" else "no_answer")
    hall.office.clock.advance(10.0)
    await hall.work()
    assert len(await hall.office.read()) == before + 1
    assert await counts(hall, notice) == {"delivered": 3}
    assert (await hall.parts.notices.open(notice)).notice.trouble == ""


async def test_cancelling_stops_what_is_not_sent_yet(hall: Hall) -> None:
    notice = await hall.parts.notices.draft_template(hall.account, "stay_home", {}, Target())
    before = len(await hall.office.read())
    await send(hall, notice)
    assert await hall.parts.notices.cancel(hall.account, notice) == 1
    await hall.work()
    assert len(await hall.office.read()) == before
    assert await counts(hall, notice) == {"cancelled": 1}


async def test_a_wrong_address_fails_alone(hall: Hall) -> None:
    for name in ("Kim", "Lee"):
        user = await hall.office.resident(name, "ko")
        await hall.office.press("do=language&v=pt-BR", user)
    async with hall.office.database.write() as connection:
        gone = (await find_resident(connection, user)).id  # type: ignore[union-attr]
        await connection.execute(
            residents.update().where(residents.c.id == gone).values(line_user_id="not-an-address")
        )
    notice = await hall.parts.notices.draft_template(hall.account, "stay_home", {}, Target())
    await send(hall, notice)
    await hall.work()
    assert await counts(hall, notice) == {"delivered": 2, "failed": 1}


async def test_a_sentence_is_not_sent_before_somebody_checked_it(hall: Hall) -> None:
    notice = await hall.parts.notices.draft_sentence(
        hall.account, "市役所の1階で毛布を配っています。", Target()
    )
    with pytest.raises(InvalidInput):
        await send(hall, notice)
    await hall.parts.notices.edit(hall.account, notice, "pt-BR", "Cobertores no 1º andar.", checked=True)
    await send(hall, notice)
    await hall.work()
    assert "Cobertores no 1º andar." in (await hall.office.read())[-1]


async def test_unchecked_languages_may_get_japanese_and_easy_japanese(hall: Hall) -> None:
    notice = await hall.parts.notices.draft_sentence(hall.account, "毛布を配っています。", Target())
    await hall.parts.notices.edit(
        hall.account, notice, "ja-Hira", "毛布（もうふ）をもらえます。", checked=True
    )
    await hall.parts.notices.aim(hall.account, notice, Target(), unchecked_japanese=True)
    await send(hall, notice)
    await hall.work()
    said = (await hall.office.read())[-1]
    assert "Não houve tempo de traduzir" in said
    assert said.endswith("毛布を配っています。\n\n毛布（もうふ）をもらえます。")


async def test_machine_translation_is_shown_with_what_it_means(hall: Hall) -> None:
    notice = await hall.parts.notices.draft_sentence(hall.account, "水を配っています。", Target())
    await hall.work()
    found = {text.language: text for text in (await hall.parts.notices.open(notice)).texts}
    assert found["en"].source in ("machine", "people")
    assert found["en"].text
    assert (found["ja"].source, found["ja-Hira"].flags) == ("staff", ("human_only",))
    assert (found["ko"].source, found["ko"].flags) == (
        "none",
        ("untranslated",),
    )  # no model is installed for it
    assert not any(text.checked_by for text in found.values() if text.language != "ja")


async def test_templates_follow_a_change_of_area(hall: Hall) -> None:
    notice = await hall.parts.notices.draft_template(hall.account, "all_clear", {}, Target())
    await hall.parts.notices.aim(
        hall.account, notice, Target(areas=("minato", "chuo")), unchecked_japanese=False
    )
    found = {text.language: text.text for text in (await hall.parts.notices.open(notice)).texts}
    assert "対象：港町、中央" in found["ja"]
    assert "Area: Minato-cho, Chuo" in found["en"]


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("shelter_open", {"shelter": "moon"}),
        ("water_supply", {"place": "x"}),
        ("school_closed", {"day": "soon"}),
        ("no", {}),
    ],
)
async def test_templates_need_their_values(hall: Hall, template: str, values: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        await hall.parts.notices.draft_template(hall.account, template, values, Target())


async def test_asking_everybody_counts_who_is_silent(hall: Hall) -> None:
    await hall.start()
    notice = await hall.parts.notices.draft_template(hall.account, "check_in", {}, Target())
    await send(hall, notice)
    await hall.work()
    assert (await hall.parts.desk.situation()).silent == 1
    items = (await hall.office.phone(**{"from": "bot"}))[-1]["message"]["quickReply"]["items"]
    said = await hall.office.press(items[0]["action"]["data"])
    assert "guardar suas respostas" in said[-1]
    await hall.press_all("consent:share:safe")
    assert (await hall.parts.desk.situation()).silent == 0


async def test_check_ins_are_erased_when_they_have_served(hall: Hall) -> None:
    disaster = await hall.start()
    await hall.press_all(*HOME)
    await hall.parts.desk.end(hall.account, disaster)
    hall.office.clock.advance(29 * 86400.0)
    assert await hall.parts.desk.tidy() == 0
    hall.office.clock.advance(2 * 86400.0)
    assert await hall.parts.desk.tidy() == 1
    situation = await hall.parts.desk.situation()
    assert situation.people == []
    assert situation.disaster.erased_at is not None


async def test_a_resident_can_be_exported_and_erased(hall: Hall) -> None:
    await hall.start()
    await hall.press_all(*HOME)
    await hall.office.press("do=area&v=minato")
    async with hall.office.database.write() as connection:
        resident = await find_resident(connection, hall.office.user)
        assert resident is not None
        told: Any = await export_resident(connection, resident.id)
        assert (told["area"], told["checkins"][0]["place"]) == ("minato", "home")
        await erase_resident(connection, resident.id)
        assert await export_resident(connection, resident.id) == {"area": "", "checkins": []}


async def crowd(office: Office, many: int) -> list[str]:
    """So many more residents, in five languages; gives their LINE ids."""
    tags = ("ja", "en", "pt-BR", "ko", "vi")
    users: list[str] = []
    for start in range(0, many, 100):
        some = range(start, min(start + 100, many))
        users += await asyncio.gather(*(office.resident(f"R{n}", tags[n % 5]) for n in some))
    async with office.database.write() as connection:
        first = (await connection.execute(sa.select(residents).limit(1))).one()._mapping
        rows = [
            {**first, "id": f"r{n:05d}", "line_user_id": user}
            | {"conversation": {**first["conversation"], "language": tags[n % 5]}}
            for n, user in enumerate(users)
        ]
        await connection.execute(residents.insert(), rows)
    return users


async def test_notice_is_stopped_midway(hall: Hall) -> None:
    users = await crowd(hall.office, 499)
    notice = await hall.parts.notices.draft_template(hall.account, "stay_home", {}, Target())
    await send(hall, notice)
    await hall.work()
    delivered = (await counts(hall, notice))["delivered"]
    assert 0 < delivered < 500  # some hundreds a second
    assert await hall.parts.notices.cancel(hall.account, notice) == 500 - delivered
    for _ in range(4):
        await hall.work()
    assert await counts(hall, notice) == {"delivered": delivered, "cancelled": 500 - delivered}
    shown = [len(await hall.office.read(user)) for user in users]
    assert sum(shown) in (delivered, delivered - 1)  # Maria, who is not counted here, may be among them
    assert (await hall.parts.notices.open(notice)).notice.state == "cancelled"


async def test_ten_thousand_residents_get_a_notice_once(open_office: OpenOffice) -> None:
    office = await open_office(max_residents=11_000)
    await office.say("Olá, bom dia!")
    hall = Hall(office=office, account=await office.clerk("kikuchi"))
    users = await crowd(office, 9_999)
    notice = await hall.parts.notices.draft_template(hall.account, "stay_home", {}, Target())
    await office.fault("timeout_after", "multicast", times=3)
    await office.fault("rate", "multicast", times=3)
    await send(hall, notice)
    ready = (await office.jobs(SEND))["ready"]
    for _ in range(90):
        await hall.work()
    assert await counts(hall, notice) == {"delivered": 10_000}
    assert ready == 51  # of 200 people each; Maria is one more who reads Portuguese
    for user in users[::97]:
        assert len(await office.read(user)) == 1


async def test_pages_show_the_situation_and_the_csv(hall: Hall) -> None:
    client = await hall.office.log_in("mori")
    token = await hall.office.csrf_of(client)
    form = {"csrf_token": token, "kind": "earthquake", "area": "chuo"}
    async with client.post(hall.office.url("/disaster/start"), data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    await hall.press_all(*HOME[:-1], "needs:medicine", "needs:enough")
    for path in (
        "/disaster",
        "/disaster?need=medicine&ui=en",
        "/disaster/part",
        "/disaster/shelters",
        "/disaster/notices/new",
    ):
        async with client.get(hall.office.url(path)) as answer:
            assert answer.status == 200, path
            page = await answer.text()
    async with client.get(hall.office.url("/disaster?ui=en")) as answer:
        page = await answer.text()
    assert "Maria" in page
    assert "Medicine" in page
    assert "<polygon" in page
    async with client.get(hall.office.url("/disaster/people.csv?ui=en")) as answer:
        rows = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert rows[1][:7] == ["Maria", "ポルトガル語", "Safe", "Chuo", "At home", "", "1"]
    notes = (await hall.parts.desk.situation()).notes
    assert [note.action for note in notes] == ["exported", "started"]


async def test_a_notice_is_written_checked_and_sent_on_the_pages(hall: Hall) -> None:
    client = await hall.office.log_in("mori")
    token = await hall.office.csrf_of(client)
    form = {"csrf_token": token, "template": "water_supply", "place": "市民体育館", "time": "10:00-16:00"}
    async with client.post(hall.office.url("/disaster/notices"), data=form, allow_redirects=False) as answer:
        assert answer.status == 303
        address = answer.headers["Location"]
    async with client.get(hall.office.url(address)) as answer:
        page = await answer.text()
    assert "Local: Ginásio Municipal. Horário: 10:00-16:00." in page
    form = {"csrf_token": token, "text": "Água no ginásio, das 10h às 16h.", "checked": "1"}
    async with client.post(hall.office.url(f"{address}/texts/pt-BR"), data=form) as answer:
        assert answer.status == 200
        page = await answer.text()
    version = page.split('name="version" value="')[1].split('"')[0]
    async with client.post(
        hall.office.url(f"{address}/send"), data={"csrf_token": token, "version": version}
    ) as answer:
        assert answer.status == 200
    await hall.work()
    assert "Água no ginásio" in (await hall.office.read())[-1]
    async with client.post(
        hall.office.url(f"{address}/send"), data={"csrf_token": token, "version": version}
    ) as answer:
        assert answer.status == 409


async def test_pages_are_for_staff_only(hall: Hall) -> None:
    client = await hall.office.log_in("nobody", role="interpreter")
    for path in (
        "/disaster",
        "/disaster/people.csv",
        "/disaster/shelters",
        "/disaster/notices/new",
        "/disaster/events",
    ):
        async with client.get(hall.office.url(path)) as answer:
            assert answer.status == 403, path


async def test_an_empty_or_wrong_form_says_what_is_missing(hall: Hall) -> None:
    client = await hall.office.log_in("mori")
    token = await hall.office.csrf_of(client)
    for path, form in (
        ("/disaster/start", {"kind": "meteor"}),
        ("/disaster/notices", {"text": "  "}),
        ("/disaster/notices", {"template": "water_supply"}),
        ("/disaster/shelters/citizens-gym", {"state": "on fire"}),
    ):
        async with client.post(hall.office.url(path), data={"csrf_token": token, **form}) as answer:
            assert answer.status == 400, path
            assert 'role="alert"' in await answer.text()
