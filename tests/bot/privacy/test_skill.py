"""What residents can say and press about their data."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import parse_qsl

import pytest

from bot import store as chat
from bot.actions import Action, Effect, Say, ShowCard
from bot.attachments import store as _attachments  # noqa: F401 -- its table
from bot.counter import store as counter
from bot.disaster import store as disaster
from bot.events import Event, Followed, MediaReceived, Pressed, TextReceived
from bot.forms import store as forms
from bot.privacy import store
from bot.privacy.consent import CONSENT
from bot.privacy.consent import PRIVACY as NAME
from bot.privacy.exporting import ExportOptions, Exports
from bot.privacy.kinds import KINDS
from bot.privacy.skill import SPOKEN, PrivacyFacts, PrivacySkill
from bot.skill import SkillStep, Turn
from tests.bot.privacy.conftest import NOW, WORDS, Hall

LANGUAGES = ("ja", "ja-Hira", "en", "zh-Hans", "ko", "vi", "pt-BR", "es", "tl", "id", "ne")


def text(said: str) -> TextReceived:
    return TextReceived(message_id="m1", text=said)


def press(value: str) -> Pressed:
    return Pressed(action=NAME, value=value)


def turn(event: Event, trigger: str = "") -> Turn:
    facts = PrivacyFacts(secret="a-secret")
    return Turn(event=event, language="en", trigger=trigger, now=NOW, facts=facts)


def begun(skill: PrivacySkill, event: Event) -> SkillStep:
    state = skill.starts(event, "")
    assert state is not None
    return skill.step(state, turn(event))


def told(actions: tuple[Action, ...]) -> list[str]:
    return [
        action.kind if isinstance(action, Effect) else getattr(action, "phrase", "card") for action in actions
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("menu", ["summary", "privacy.summary"]),
        ("export", ["link", "card"]),
        ("withdraw", ["consent", "privacy.withdrawn"]),
        ("erase", ["privacy.erase_question"]),
        ("erase_yes", ["erase", "privacy.erased"]),
        ("agree", ["consent", "privacy.agreed"]),
        ("refuse", ["consent", "privacy.refused"]),
        ("close", ["privacy.closed"]),
    ],
)
def test_button_does_what_it_says(hall: Hall, value: str, expected: list[str]) -> None:
    made = begun(hall.skill, press(value))
    assert (told(made.actions), made.state, made.taken) == (expected, None, True)


def test_unknown_button_is_left_to_the_dialogue(hall: Hall) -> None:
    assert not begun(hall.skill, press("nonsense")).taken


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_begin_it_in_every_language(hall: Hall, language: str) -> None:
    for step in SPOKEN:
        phrases = WORDS.list(language, f"privacy.words_{step}")
        assert len(phrases) >= 4
        assert {hall.skill.starts(text(f"{phrase}!"), "")["step"] for phrase in phrases} == {step}  # type: ignore[index]


def test_other_words_do_not_begin_it(hall: Hall) -> None:
    assert hall.skill.starts(text("where is my data centre"), "") is None
    assert hall.skill.starts(MediaReceived(message_id="m", kind="sticker"), "") is None
    assert hall.skill.starts(Pressed(action="article", value="x"), "") is None


def test_consent_is_asked_after_the_greeting_and_once(hall: Hall) -> None:
    made = begun(hall.skill, Followed(unblocked=False))
    assert (made.taken, made.reminder, made.state) == (False, (CONSENT,), None)
    assert hall.skill.starts(Followed(unblocked=True), "") is None


def test_nothing_is_erased_before_a_second_press(hall: Hall) -> None:
    (question,) = begun(hall.skill, text("delete my data")).actions
    assert isinstance(question, Say)
    assert [dict(parse_qsl(button.data)) for button in question.buttons] == [
        {"do": "privacy", "v": "erase_yes"},
        {"do": "privacy", "v": "close"},
    ]


def test_next_text_is_the_name_without_my_number(hall: Hall) -> None:
    asked = begun(hall.skill, press("name"))
    assert asked.state == {"step": "waiting_name"}
    made = hall.skill.step({"step": "waiting_name"}, turn(text("  Ana \n 1234 5678 9018 ")))
    effect, said = made.actions
    assert isinstance(effect, Effect)
    assert effect.data == {"name": "Ana **** **** ****"}
    assert (told((said,)), made.state) == (["privacy.renamed"], None)


@pytest.mark.parametrize(
    ("event", "trigger"), [(MediaReceived(message_id="m", kind="sticker"), ""), (text("cancel"), "cancel")]
)
def test_anything_else_than_a_name_ends_the_question(hall: Hall, event: Event, trigger: str) -> None:
    made = hall.skill.step({"step": "waiting_name"}, turn(event, trigger))
    assert (made.state, made.taken) == (None, False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_written_in_every_language(language: str) -> None:
    english = {key for key in WORDS.keys("en") if key.startswith("privacy.")} - {
        "privacy.notice",
        "privacy.my_number",
    }
    assert english <= WORDS.keys(language)
    values = dict.fromkeys(("city", "name", "since", "kinds", "export", "minutes", "when"), "x")
    for key in english - {f"privacy.words_{step}" for step in SPOKEN}:
        said = WORDS.get(language, key, **values)
        assert "{" not in said
        assert not key.startswith("privacy.button_") or len(said) <= 20, said


def test_card_of_consent_says_what_why_who_how_long_and_rights() -> None:
    assert isinstance(CONSENT, ShowCard)
    assert [value.phrase for _, value in CONSENT.card.rows] == [
        f"privacy.{about}" for about in ("what", "why", "who", "how_long", "rights")
    ]


async def carried(hall: Hall, resident: Any, kind: str, **data: Any) -> dict[str, str]:
    async with hall.database.write() as connection:
        return dict(
            await hall.skill.carry_out(connection, resident, Effect(skill=NAME, kind=kind, data=data))
        )


async def test_summary_counts_every_kind_of_the_resident_only(hall: Hall) -> None:
    ana, ben = await hall.resident("Uana"), await hall.resident("Uben")
    await hall.wrote(ana, "one")
    await hall.wrote(ana, "two")
    await hall.asked(ana)
    await hall.wrote(ben, "three")
    await carried(hall, ana, "consent", given=True)
    assert await carried(hall, ana, "summary") == {
        "name": "name of Uana",
        "since": "2026-11-24",
        "kinds": "・Messages: 2\n・Questions to staff: 1\n・Your consent: 1",
    }


async def test_newest_words_are_the_resident_s_only(hall: Hall) -> None:
    ana, ben = await hall.resident("Uana"), await hall.resident("Uben")
    await hall.wrote(ana, "my sofa")
    hall.clock.advance(60)
    await hall.wrote(ana, "my drums")
    await hall.wrote(ben, "secret")
    assert await carried(hall, ana, "words") == {
        "export": "2026-11-24 03:00 my sofa\n2026-11-24 03:01 my drums"
    }
    assert await carried(hall, await hall.resident("Unew"), "words") == {"export": "–"}


def test_without_an_address_the_newest_words_and_where_to_ask_are_said(hall: Hall) -> None:
    nowhere = Exports(hall.database, hall.clock, ExportOptions())
    skill = PrivacySkill(WORDS, hall.erasing, nowhere, hall.clock)
    assert told(begun(skill, press("export")).actions) == ["words", "privacy.export"]


def test_link_is_a_button_that_no_stored_text_repeats(hall: Hall) -> None:
    effect, card = begun(hall.skill, press("export")).actions
    assert isinstance(card, ShowCard)
    assert [(button.kind, button.data) for button in card.card.buttons] == [
        ("uri", "https://chat.city.example/my-data/a-secret?openExternalBrowser=1")
    ]
    assert "a-secret" not in str(effect)


def test_too_many_links_a_day_are_refused_until_tomorrow(hall: Hall) -> None:
    facts = PrivacyFacts(links=3, secret="a-secret")
    made = hall.skill.step(
        {"step": "export"}, Turn(event=press("export"), language="en", trigger="", now=NOW, facts=facts)
    )
    assert told(made.actions) == ["privacy.link_later"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_data_has_a_name_in_every_language(language: str) -> None:
    tables = {table.name for table in store.tables_of_residents()}
    assert tables == set(KINDS)
    assert {f"privacy.kind.{kind}" for kind in ("you", *KINDS.values())} <= WORDS.keys(language)


async def test_withdrawing_ends_what_only_consent_began(hall: Hall) -> None:
    ana, ben = await hall.resident("Uana"), await hall.resident("Uben")
    async with hall.database.write() as connection:
        for one in (ana, ben):
            await forms.save_draft(connection, one.id, "taxi", {}, now=NOW)
            await disaster.set_area(connection, one.id, "chuo", now=NOW)
            await counter.choose(connection, one.id, "turn", False, NOW)
    await carried(hall, ana, "consent", given=False)
    async with hall.database.read() as connection:
        left = [set(await store.count_rows(connection, one.id)) for one in (ana, ben)]
    assert left == [
        {"notice_choices", "privacy_consents"},
        {"form_drafts", "disaster_areas", "notice_choices"},
    ]


async def test_full_export_has_every_table_and_no_keys(hall: Hall) -> None:
    ana = await hall.resident("Uana")
    await hall.wrote(ana, "my sofa")
    await hall.asked(ana)
    async with hall.database.read() as connection:
        everything = await store.export(connection, ana.id)
    assert set(everything) == {"residents", "messages", "requests"}
    assert everything["messages"][0]["text"] == "my sofa"
    assert "Uana" not in {str(value) for value in everything["residents"][0].values()}


async def test_newest_decision_counts(hall: Hall) -> None:
    ana = await hall.resident("Uana")
    async with hall.database.read() as connection:
        assert await store.consent_of(connection, ana.id) is None
    await carried(hall, ana, "consent", given=False)
    await carried(hall, ana, "consent", given=True)
    async with hall.database.read() as connection:
        assert await store.consent_of(connection, ana.id) is True


async def test_name_is_corrected(hall: Hall) -> None:
    ana = await hall.resident("Uana")
    await carried(hall, ana, "rename", name="Ana Souza")
    async with hall.database.read() as connection:
        assert (await chat.get_resident(connection, ana.id)).display_name == "Ana Souza"


async def test_audit_says_what_was_done_and_for_nobody(hall: Hall) -> None:
    ana = await hall.resident("Uana")
    await hall.wrote(ana, "one")
    for kind in ("summary", "words", "erase"):
        await carried(hall, ana, kind)
    async with hall.database.read() as connection:
        rows = (await connection.execute(store.audit.select().order_by(store.audit.c.what))).all()
    assert [(row.what, row.rows) for row in rows] == [("erased", 1), ("exported", 1), ("shown", 1)]
    assert set(store.audit.c.keys()) == {"id", "what", "rows", "at"}
    assert rows[0].at - NOW < dt.timedelta(seconds=1)
