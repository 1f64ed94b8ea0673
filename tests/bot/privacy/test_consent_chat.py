"""Consent, in a whole city hall: what works without it, what waits for it, and giving all of it out once."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from bot.city import City
from bot.disaster import store as disaster
from bot.forms import store as forms
from bot.privacy import store
from tests.bot.conftest import LANGUAGES as _FOUR
from tests.bot.conftest import Office, OpenOffice

LANGUAGES = (*_FOUR, "zh-Hans", "ko", "vi", "es", "tl", "id", "ne")
AGREE, REFUSE = "do=privacy&v=agree", "do=privacy&v=refuse"
ADDRESS = "https://chat.city.example"


@pytest.fixture
async def stranger(open_office: OpenOffice) -> Office:
    """A city hall in which nobody has agreed to anything."""
    return await open_office(agreed=False, public_url=ADDRESS)


async def rows(office: Office, table: sa.Table) -> int:
    async with office.database.read() as connection:
        found = await connection.execute(sa.select(sa.func.count()).select_from(table))
        return int(found.scalar_one())


async def buttons(office: Office) -> list[str]:
    """What the buttons of the newest card send or open."""
    shown = [one["message"] for one in await office.phone(**{"from": "bot"})]
    card = [one for one in shown if one["type"] == "flex"][-1]
    actions = [item["action"] for item in card["contents"]["footer"]["contents"]]
    return [action.get("data") or action["uri"] for action in actions]


def asks(said: list[str]) -> bool:
    return "seus dados" in said[-1]


async def test_who_adds_the_account_is_asked_once_and_one_press_is_enough(stranger: Office) -> None:
    await stranger.send("follow")
    await stranger.work()
    assert asks(await stranger.read())
    assert await buttons(stranger) == [AGREE, REFUSE]
    assert await stranger.press(AGREE) == ["Obrigado. Pode perguntar."]
    assert (await stranger.say("lixo grande"))[-1]
    await stranger.ask_for_clerk("Minha empresa não paga")
    assert len(await stranger.requests()) == 1


async def test_answers_and_words_about_danger_need_no_consent(stranger: Office) -> None:
    said = await stranger.say("Como jogo fora um sofá velho?")
    assert not any(asks([one]) for one in said)
    assert "119" in (await stranger.say("Socorro, incêndio na minha casa!"))[0]


async def test_question_to_staff_waits_for_consent_and_then_goes_on(stranger: Office) -> None:
    question = "Minha empresa parou de pagar as horas extras?"
    await stranger.say(question)
    said = await stranger.press("do=person")
    assert said[0].startswith("Para isto precisamos guardar")
    assert asks(said)
    assert await stranger.requests() == []
    (said_now,) = await stranger.press(AGREE)
    request = await stranger.request()
    assert f"{request.number}" in said_now
    under = [one.text for one in await stranger.messages() if one.request_id == request.id]
    assert under == [question]


async def test_question_that_was_asked_for_waits_too_and_yes_is_consent(stranger: Office) -> None:
    await stranger.say("Olá, bom dia!")
    await stranger.press("do=person")
    assert asks(await stranger.say("Quero reclamar do barulho da obra em frente"))
    await stranger.say("sim")
    request = await stranger.request()
    under = [one.text for one in await stranger.messages() if one.request_id == request.id]
    assert under == ["Quero reclamar do barulho da obra em frente"]


async def test_form_begins_after_consent(stranger: Office) -> None:
    await stranger.say("Olá, bom dia!")
    assert asks(await stranger.press("do=form&v=on-demand-taxi"))
    assert await rows(stranger, forms.drafts) == 0
    said = await stranger.press(AGREE)
    async with stranger.database.read() as connection:
        found = await connection.execute(sa.select(sa.text("conversation FROM residents")))
        conversation = json.loads(found.scalar_one())
    assert said
    assert not asks(said)
    assert (conversation["skill"], conversation["wish"]) == ("form", {})


async def test_area_for_notices_waits_and_not_now_forgets_the_wish(stranger: Office) -> None:
    await stranger.say("Olá, bom dia!")
    assert asks(await stranger.press("do=area&v=chuo"))
    assert (await stranger.press(REFUSE))[0].startswith("Tudo bem.")
    await stranger.press(AGREE)
    assert await rows(stranger, disaster.home_areas) == 0
    await stranger.press("do=area&v=chuo")
    assert await rows(stranger, disaster.home_areas) == 1


async def test_wish_that_was_taken_back_is_not_carried_out(stranger: Office) -> None:
    await stranger.say("Olá, bom dia!")
    await stranger.press("do=person")
    sent = await stranger.send("text", text="Quero reclamar do barulho")
    await stranger.work()
    await stranger.send("unsend", message_id=sent["message_id"])
    await stranger.work()
    assert await stranger.press(AGREE) == ["Obrigado. Pode perguntar."]
    assert await stranger.requests() == []


async def test_check_in_in_a_disaster_asks_for_its_own_consent_only(stranger: Office) -> None:
    await stranger.say("Olá, bom dia!")
    account = await stranger.clerk("kikuchi")
    await stranger.service.disaster.desk.start(account, "earthquake", [])
    for value in ("safe:help", "consent:share:help", "place:home", "location:chuo"):
        said = await stranger.press(f"do=checkin&v={value}")
        assert not asks(said)
    assert (await stranger.request()).urgent
    assert await rows(stranger, disaster.checkins) == 1


async def test_check_in_goes_on_while_a_clerk_is_answering(office: Office) -> None:
    await office.ask_for_clerk("Minha empresa parou de pagar as horas extras?")
    account = await office.clerk("kikuchi")
    request = await office.request()
    await office.service.requests.claim(request.id, account)
    await office.service.disaster.desk.start(account, "earthquake", [])
    for value in ("safe:safe", "consent:share:safe", "place:car"):
        said = await office.press(f"do=checkin&v={value}")
    assert said
    await office.send("location", latitude=35.6041, longitude=139.5109, title="", address="")
    await office.work()
    async with office.database.read() as connection:
        checkin = (await connection.execute(sa.select(disaster.checkins))).one()
    assert (checkin.place, checkin.latitude) == ("car", 35.6041)
    assert await office.say("estou no estacionamento") == []  # that is for the clerk


async def test_consent_is_withdrawn_in_so_many_words(office: Office) -> None:
    await office.press("do=area&v=chuo")
    said = await office.say("não concordo mais")
    assert said[0].startswith("O seu consentimento foi retirado")
    assert await rows(office, disaster.home_areas) == 0
    assert asks(await office.press("do=area&v=chuo"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_notice_comes_again_in_the_language_that_is_chosen(
    stranger: Office, city: City, language: str
) -> None:
    await stranger.send("follow")
    await stranger.work()
    said = await stranger.press(f"do=language&v={language}")
    title = city.phrases.get(language, "privacy.consent_title")
    assert any(one.startswith(title) for one in said) or language == "pt-BR"
    (thanks,) = await stranger.press(AGREE)
    assert thanks == city.phrases.get(language, "privacy.agreed")


# Giving out


async def link(office: Office) -> str:
    """A new link, as the path that it leads to."""
    await office.press("do=privacy&v=export")
    (uri,) = await buttons(office)
    assert uri.startswith(f"{ADDRESS}/my-data/")
    return urlsplit(uri).path


async def fetch(office: Office, path: str, **form: str) -> tuple[int, bytes, Any]:
    client = office.browser()
    async with client.request("POST" if form else "GET", office.url(path), data=form or None) as answer:
        return answer.status, await answer.read(), answer.headers


async def test_all_of_it_comes_as_a_file_once(open_office: OpenOffice) -> None:
    office = await open_office(public_url=ADDRESS)
    await office.say("Como jogo fora um sofá velho?")
    path = await link(office)
    for _ in range(2):  # looking at a link uses up nothing
        status, page, headers = await fetch(office, path)
        assert (status, headers["Referrer-Policy"], headers["Cache-Control"]) == (
            200,
            "no-referrer",
            "no-store",
        )
        assert "Salvar em arquivo" in page.decode()
    status, body, headers = await fetch(office, path, **{"as": "zip"})
    assert (status, headers["Content-Type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        data = json.loads(archive.read("my-data.json"))["data"]
        read = archive.read("my-data.html").decode()
    assert data["messages"][0]["text"] == "Como jogo fora um sofá velho?"
    assert 'lang="pt-BR"' in read
    assert "Como jogo fora um sofá velho?" in read
    assert "Perguntas aos funcionários" not in read  # there are none
    for form in ({"as": "zip"}, {"as": "page"}, {}):
        status, gone, _ = await fetch(office, path, **form)
        assert (status, "already" in gone.decode()) == (404, True)


async def test_it_can_be_read_in_the_browser_instead(open_office: OpenOffice) -> None:
    office = await open_office(public_url=ADDRESS)
    await office.say("<b>Olá</b>")
    status, page, _ = await fetch(office, await link(office), **{"as": "page"})
    assert status == 200
    assert "&lt;b&gt;Olá&lt;/b&gt;" in page.decode()
    assert re.search(r"<style|style=", page.decode()) is None


async def test_link_ends_after_half_an_hour_and_when_a_new_one_is_made(open_office: OpenOffice) -> None:
    office = await open_office(public_url=ADDRESS)
    first, second = await link(office), await link(office)
    assert [(await fetch(office, path))[0] for path in (first, second)] == [404, 200]
    office.clock.advance(30 * 60.0)
    assert (await fetch(office, second))[0] == 404
    assert (await fetch(office, "/my-data/nonsense"))[0] == 404


async def test_three_links_a_day(open_office: OpenOffice) -> None:
    office = await open_office(public_url=ADDRESS)
    for _ in range(3):
        await link(office)
    assert (await office.press("do=privacy&v=export"))[0].startswith("Você já pediu")
    office.clock.advance(86_401.0)
    await link(office)


async def test_secret_of_a_link_is_nowhere_in_the_database(open_office: OpenOffice) -> None:
    office = await open_office(public_url=ADDRESS)
    secret = (await link(office)).rpartition("/")[2]
    assert await office.on_disk(secret) == []


async def test_without_an_address_it_is_said_where_to_ask(office: Office) -> None:
    await office.say("Olá, bom dia!")
    said = await office.say("enviar meus dados")
    assert "Olá, bom dia!" in said[0]
    assert "pergunte na prefeitura" in said[0]


async def test_everything_known_is_told_by_kind_with_what_can_be_done(office: Office) -> None:
    await office.say("Olá, bom dia!")
    await office.press("do=area&v=chuo")
    (said,) = await office.say("meus dados")
    assert "・Sua região: 1" in said
    assert "・Seu consentimento: 1" in said
    shown = (await office.phone(**{"from": "bot"}))[-1]["message"]["quickReply"]["items"]
    assert [item["action"]["data"].rpartition("=")[2] for item in shown] == [
        "export", "name", "languages", "area", "withdraw", "erase", "close",
    ]  # fmt: skip


async def test_audit_knows_that_data_were_given_out(open_office: OpenOffice) -> None:
    office = await open_office(public_url=ADDRESS)
    await fetch(office, await link(office), **{"as": "zip"})
    async with office.database.read() as connection:
        assert [row.what for row in await connection.execute(sa.select(store.audit))] == ["exported"]
