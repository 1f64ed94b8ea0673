"""The same conversations in five languages, from the phone to the disk and back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest

from bot.replies import format_moment
from core.accounts import Account
from tests.bot.conftest import Office
from tests.bot.test_service import phrase
from tests.bot.test_service_talk import conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What somebody types who speaks one language."""

    sofa: str  # about oversized garbage
    wife: str  # and for my wife?
    cost: str
    money: str  # that the answer about the price has
    where: str
    correction: str  # no, I meant the national pension
    bare_correction: str  # no, not that
    back: str
    person: tuple[str, ...]
    unanswered: str  # what no article answers
    japanese: str  # Japanese please
    thanks: str
    robot: str


SPOKEN = {
    "en": Spoken(
        sofa="How do I throw away an old sofa?",
        wife="and for my wife?",
        cost="ok and how much is it",
        money="yen",
        where="where?",
        correction="no, I meant the national pension",
        bare_correction="no, not that",
        back="go back",
        person=(
            "i wanna talk to somebody real",
            "is there any human there",
            "can someone from city hall call me",
            "let me speak with an actual person pls",
            "agent",
        ),
        unanswered="Can I play tennis on the city's court on Sunday?",
        japanese="Japanese please",
        thanks="thanks!!",
        robot="r u a robot?",
    ),
    "ja": Spoken(
        sofa="古いソファを捨てたい",
        wife="妻の分は？",
        cost="いくらかかりますか",
        money="円",
        where="どこですか？",
        correction="いや、国民年金のことです",
        bare_correction="それじゃない",
        back="戻る",
        person=(
            "人と話したい",
            "職員さんにつないでください",
            "担当の人いますか",
            "ロボットじゃなくて人間と話したいです",
            "オペレーターお願いします",
        ),
        unanswered="日曜日に市のテニスコートは使えますか",
        japanese="やさしい日本語で",
        thanks="ありがとう！",
        robot="ロボットですか？",
    ),
    "vi": Spoken(
        sofa="Tôi muốn vứt cái ghế sofa cũ thì làm sao?",
        wife="còn vợ tôi thì sao?",
        cost="bao nhiêu tiền vậy?",
        money="yên",
        where="ở đâu?",
        correction="không, ý tôi là lương hưu quốc dân",
        bare_correction="không phải cái đó",
        back="quay lại",
        person=(
            "cho tôi gặp nhân viên",
            "tôi muốn nói chuyện với người thật",
            "có ai ở đó không, tôi cần người giúp",
            "noi chuyen voi nhan vien",
            "gặp người thật đi",
        ),
        unanswered="Chủ nhật tôi có thể chơi quần vợt ở sân của thành phố không?",
        japanese="tiếng Nhật",
        thanks="cảm ơn nhiều",
        robot="bạn là robot à?",
    ),
    "pt-BR": Spoken(
        sofa="Como jogo fora um sofá velho?",
        wife="e para a minha mulher?",
        cost="e quanto custa isso?",
        money="ienes",
        where="onde fica?",
        correction="não, eu quis dizer a pensão nacional",
        bare_correction="não é isso",
        back="volta",
        person=(
            "quero falar com uma pessoa de verdade",
            "tem algum atendente aí?",
            "me passa pra um humano",
            "queria conversar com alguém da prefeitura",
            "atendente",
        ),
        unanswered="Posso usar a quadra de tênis da cidade no domingo?",
        japanese="em japonês, por favor",
        thanks="valeu!",
        robot="você é um robô?",
    ),
    "ne": Spoken(
        sofa="पुरानो सोफा कसरी फाल्ने?",
        wife="अनि मेरी श्रीमतीको लागि?",
        cost="कति पैसा लाग्छ?",
        money="येन",
        where="कहाँ?",
        correction="होइन, मैले राष्ट्रिय पेन्सनको कुरा गरेको",
        bare_correction="त्यो होइन",
        back="पछाडि",
        person=(
            "मान्छेसँग कुरा गर्न चाहन्छु",
            "कर्मचारीसँग कुरा गराइदिनुस्",
            "manchhe sanga kura garna cha",
            "साँच्चै मान्छे छ त्यहाँ?",
            "कोही मान्छे छ?",
        ),
        unanswered="आइतबार शहरको टेनिस कोर्टमा खेल्न पाइन्छ?",
        japanese="जापानी भाषामा",
        thanks="धन्यवाद!",
        robot="तपाईं रोबोट हो?",
    ),
}
pytestmark = pytest.mark.parametrize("tag", SPOKEN)


async def speaker(office: Office, tag: str) -> str:
    """A resident who uses this language, greeted."""
    user = await office.resident("Resident", tag)
    await office.press(f"do=language&v={tag}", user)
    return user


def title(office: Office, slug: str, tag: str) -> str:
    return office.service.city.articles[slug, tag].title


async def test_follow_ups_stay_with_the_article(office: Office, tag: str) -> None:
    spoken, user = SPOKEN[tag], await speaker(office, tag)
    sofa = title(office, "oversized-garbage", tag)
    (article,) = await office.say(spoken.sofa, user)
    assert article.startswith(sofa)
    said, again = await office.say(spoken.wife, user)
    assert said == phrase(office, "talk.same_topic", tag, title=sofa)
    assert again.startswith(sofa)
    (price,) = await office.say(spoken.cost, user)
    assert spoken.money in price
    assert len(price) < len(article)
    assert sofa in (await office.say(spoken.where, user))[-1]


async def test_correction_leads_to_what_was_meant_and_back_to_what_was_before(
    office: Office, tag: str
) -> None:
    spoken, user = SPOKEN[tag], await speaker(office, tag)
    await office.say(spoken.sofa, user)
    (answer,) = await office.say(spoken.correction, user)
    assert title(office, "national-pension", tag) in answer
    await office.press("do=article&v=national-pension", user)
    (before,) = await office.say(spoken.back, user)
    assert before.startswith(title(office, "oversized-garbage", tag))


async def test_correction_without_more_asks_what_then_or_offers_a_person(office: Office, tag: str) -> None:
    spoken, user = SPOKEN[tag], await speaker(office, tag)
    await office.say(spoken.sofa, user)
    (said,) = await office.say(spoken.bare_correction, user)
    # In some languages it is the answer "no" to "was this right?", in others a correction that is cut short.
    assert said in (phrase(office, "talk.what_then", tag), phrase(office, "unknown.text", tag))


async def test_small_talk_is_answered_in_the_language(office: Office, tag: str) -> None:
    spoken, user = SPOKEN[tag], await speaker(office, tag)
    assert await office.say(spoken.thanks, user) == [phrase(office, "smalltalk.thanks", tag)]
    assert await office.say(spoken.robot, user) == [phrase(office, "talk.robot", tag)]


async def test_language_is_changed_by_its_name(office: Office, tag: str) -> None:
    spoken, user = SPOKEN[tag], await speaker(office, tag)
    await office.say(spoken.japanese, user)
    assert (await conversation(office, user)).language == ("ja-Hira" if tag == "ja" else "ja")


async def test_person_is_found_in_odd_wordings(office: Office, tag: str) -> None:
    asked = phrase(office, "person.ask_what", tag)
    missed = [
        text for text in SPOKEN[tag].person if await office.say(text, await speaker(office, tag)) != [asked]
    ]
    assert missed == []


async def claimed(office: Office, tag: str) -> tuple[str, str, Account]:
    """A resident, the id of their request, and the clerk who has claimed it."""
    user, clerk = await speaker(office, tag), await office.clerk("sato")
    request = await office.ask_for_clerk(SPOKEN[tag].unanswered, user)
    await office.service.requests.claim(request.id, clerk)
    return user, request.id, clerk


async def test_nothing_is_said_while_a_clerk_answers_but_about_danger(office: Office, tag: str) -> None:
    spoken, (user, _, _) = SPOKEN[tag], await claimed(office, tag)
    for text in (spoken.sofa, spoken.wife, spoken.thanks, spoken.back, spoken.japanese, spoken.person[0]):
        assert await office.say(text, user) == []
    danger = {"en": "fire!", "ja": "火事です", "vi": "cháy nhà", "pt-BR": "socorro, fogo!", "ne": "आगो लाग्यो"}
    assert "119" in (await office.say(danger[tag], user))[0]


@pytest.mark.parametrize(
    "now",
    ["2026-12-28T17:20", "2026-12-29T10:00", "2026-12-31T23:59", "2027-01-01T00:00", "2027-01-03T12:00"],
)
async def test_over_the_new_year_the_next_opening_is_told(office: Office, tag: str, now: str) -> None:
    zone = office.service.city.hours.zone
    then = dt.datetime.fromisoformat(now).replace(tzinfo=zone)
    office.clock.advance((then - office.clock.now()).total_seconds())
    user = await speaker(office, tag)
    await office.say(SPOKEN[tag].unanswered, user)
    (said,) = await office.press("do=person", user)
    opens = format_moment(dt.datetime(2027, 1, 4, 8, 30, tzinfo=zone), tag)
    number = str((await office.request()).number)
    assert said == phrase(office, "person.queued_closed", tag, number=number, when=opens)


async def test_blocked_resident_is_not_pushed_to(office: Office, tag: str) -> None:
    user, request, clerk = await claimed(office, tag)
    await office.send("unfollow", user=user)
    await office.work()
    before = len(await office.calls("push"))
    await office.service.requests.answer(request, clerk, "はい、使えます。", confirmed=True)
    await office.work()
    assert len(await office.calls("push")) == before
    assert (await office.messages(user))[-1].state == "unreachable"
