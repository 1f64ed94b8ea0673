"""What a text is about, and what is looked at first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.city import City
from bot.dialogue import Facts
from bot.knowledge import Knowledge
from bot.replies import Renderer
from bot.talk import ANSWERS, SMALL_TALK
from bot.understanding import Understanding
from config.names import language_names, own_names
from tests.bot.conftest import Office, OpenOffice
from tests.bot.test_service import phrase, speaker
from transcripts.model import Word
from transcripts.recognisers.scripted import ScriptedRecogniser
from translation.detection import Detector


def reading(city: City, knowledge: Any, text: str, **changes: Any) -> Facts:
    made = Understanding(
        replace(city, **changes), knowledge, Detector(), Renderer(city, own_names()), language_names()
    )
    return made.read(Facts(languages=city.languages), text, prior=[])


@pytest.mark.parametrize("kind", [*SMALL_TALK, *ANSWERS])
def test_danger_is_seen_even_if_a_city_lists_the_very_words_as_small_talk(
    city: City, knowledge: Knowledge, kind: str
) -> None:
    listed = {"en": {kind: ["there is a fire in my house"]}}
    read = reading(city, knowledge, "There is a fire in my house!", talk=listed)
    assert (read.trigger, read.danger) == ("emergency", "fire")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hello, who are you? my husband hits me", "urgent"),
        ("ok thanks, bye, I want to die", "urgent"),
        ("no, I meant the house is on fire", "emergency"),
        ("English please, my baby is not breathing", "emergency"),
        ("and for my wife? she is not breathing", "emergency"),
        ("back, there is a fire", "emergency"),
        ("obrigado, minha casa está pegando fogo", "emergency"),
        ("cảm ơn, cháy nhà rồi", "emergency"),
        ("ありがとう、でも家が火事です", "emergency"),
        ("धन्यवाद, घरमा आगो लाग्यो", "emergency"),
    ],
)
def test_danger_in_small_talk_comes_first(city: City, knowledge: Knowledge, text: str, kind: str) -> None:
    assert reading(city, knowledge, text).trigger == kind


def test_no_small_talk_of_the_city_is_taken_for_danger(city: City) -> None:
    listed = [
        (tag, text)
        for tag, table in city.talk.items()
        for kind in (*SMALL_TALK, *ANSWERS, "correction", "continuation")
        for text in table.get(kind, ())
    ]
    assert len(listed) > 1000
    assert [(tag, text) for tag, text in listed if city.triggers.alarm(text).kind] == []


@pytest.mark.parametrize(
    "text", ["¿Cómo te llamas?", "¿y tú cómo te llamas?", "você não respondeu", "é um robô?"]
)
def test_small_talk_that_sounds_like_danger_elsewhere_is_small_talk(city: City, text: str) -> None:
    assert city.triggers.alarm(text).kind == ""


async def test_danger_in_a_voice_message_comes_first(open_office: OpenOffice) -> None:
    said = ["Hello,", "thank", "you,", "my", "house", "is", "on", "fire."]
    words = [Word(text=word, start=at / 2, end=at / 2 + 0.4, probability=0.9) for at, word in enumerate(said)]
    office = await open_office(recogniser=ScriptedRecogniser(words))
    john = await speaker(office)
    before = len(await office.read(john))
    await office.send("audio", user=john, sample="voice-message.flac", duration_ms=4740)
    await office.work()
    assert any("119" in text for text in (await office.read(john))[before:])


async def test_danger_in_a_message_that_is_only_quoted_is_no_alarm(office: Office) -> None:
    sent = await office.send("text", text="socorro, minha casa está pegando fogo")
    await office.work()
    await office.send("text", text="obrigada", quote=sent["message_id"])
    await office.work()
    assert (await office.read())[-1] == phrase(office, "smalltalk.thanks")
