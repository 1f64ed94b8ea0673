"""From an event in the inbox to what stands on the phone and on the disk."""

from __future__ import annotations

from tests.bot.conftest import Office

SOFA = "Como jogo fora um sofá velho?"


async def test_question_is_answered_from_its_article(office: Office) -> None:
    (answer,) = await office.say(SOFA)
    article = office.service.city.articles["oversized-garbage", "pt-BR"]
    assert answer.startswith(article.title)
    assert [one["via"] for one in await office.phone(**{"from": "bot"})] == ["reply"]
