"""Words that mean something by themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.city import City
from bot.triggers import PERSON_WIDTH, Triggers, normalise

WORDS = {
    "en": {
        "emergency": ["house is on fire", "fire here"],
        "emergency_alone": ["fire", "119"],
        "urgent": ["hits me"],
        "person": ["talk to staff"],
        "hello": ["hi"],
        "yes": ["yes"],
        "no": ["no"],
    },
    "ja": {"emergency": ["火事です"], "urgent": ["DVで"], "thanks": ["ありがとう"], "yes": ["はい"]},
}
triggers = Triggers(WORDS)


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("  Hello,\n there!! ", "hello, there"),
        ("ＡＢＣ１２３", "abc123"),
        ("ﾊﾛｰ", "ハロー"),
        ("it's ok 👍", "it's ok"),
        ("zero\u200bwidth", "zerowidth"),
        ("きゅうきゅうしゃを　よんで\nください", "きゅうきゅうしゃをよんでください"),
        ("DV の そうだん", "dv のそうだん"),
        ("…!?", ""),
        ("ÀÉ", "àé"),
    ],
)
def test_text_is_compared_without_case_width_and_edges(said: str, plain: str) -> None:
    assert normalise(said) == plain


@pytest.mark.parametrize(
    "said",
    [
        "My HOUSE is on fire!!",
        "help, house  is\non fire please",
        "大変、火事です。早く",
        "Fire",
        "１１９",
        "fire!!",
    ],
)
def test_danger_is_found(said: str) -> None:
    assert triggers.find(said) == "emergency"


@pytest.mark.parametrize(
    "said", ["what is the fire station's number?", "firehere", "campfire here", "bonfires", "119 street"]
)
def test_word_that_only_looks_like_danger_is_not(said: str) -> None:
    assert triggers.find(said) != "emergency"


def test_japanese_word_may_stand_beside_others() -> None:
    assert triggers.find("夫のDVで困っています") == "urgent"
    assert triggers.find("夫のＤＶで困っています") == "urgent"


def test_danger_comes_before_everything_else() -> None:
    assert triggers.find("talk to staff, he hits me and the house is on fire") == "emergency"
    assert triggers.find("talk to staff, he hits me") == "urgent"


def test_small_talk_counts_only_alone() -> None:
    assert triggers.find("Hi!") == "hello"
    assert triggers.find("Hi, where do I throw away glass?") == ""
    assert triggers.find("no") == "no"
    assert triggers.find("no garbage was collected") == ""


def test_wish_for_a_person_counts_only_in_a_short_message() -> None:
    assert triggers.find("please let me talk to staff") == "person"
    assert triggers.find("x" * PERSON_WIDTH + " talk to staff") == ""


def test_wide_characters_count_twice_for_what_is_short() -> None:
    words = Triggers({"ja": {"person": ["職員と話"]}})
    assert words.find("職員と話" + "か" * (PERSON_WIDTH // 2 - 4)) == "person"
    assert words.find("職員と話" + "か" * (PERSON_WIDTH // 2 - 3)) == ""


def test_no_words_find_nothing() -> None:
    assert Triggers({}).find("fire") == ""
    assert triggers.find("") == ""


@given(st.text())
def test_any_text_is_read_without_an_error(said: str) -> None:
    assert triggers.find(said) in ("", "emergency", "urgent", "person", "hello", "yes", "no", "thanks")
    assert normalise(normalise(said)) == normalise(said)


@given(st.sampled_from([phrase for words in WORDS.values() for phrase in words["urgent"]]), st.text())
def test_danger_is_found_after_any_other_sentence(phrase: str, before: str) -> None:
    assert triggers.find(f"{before}。 {phrase}") in ("urgent", "emergency")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Socorro, minha casa está pegando fogo", "emergency"),
        ("Please send an ambulance, my father is not breathing", "emergency"),
        ("火事です！助けて", "emergency"),
        ("きゅうきゅうしゃを よんでください", "emergency"),
        ("Meu marido me bate", "urgent"),
        ("I want to die", "urgent"),
        ("死にたい", "urgent"),
        ("quero falar com uma pessoa", "person"),
        ("職員と話したい", "person"),
        ("obrigada!", "thanks"),
        ("Quando passa o caminhão de bombeiros na festa?", ""),
        ("Where do I throw away a fire extinguisher?", ""),
        ("消火器はどこに捨てますか", ""),
    ],
)
def test_the_city_s_words(city: City, said: str, kind: str) -> None:
    assert city.triggers.find(said) == kind


@pytest.mark.parametrize(
    "text",
    [
        "i need to speak to a real person here", "can you get me somebody from the office", "agent",
        "Operator please", "stop it, I want a person", "let me chat with somebody there",
        "人間の方とお話できますか", "スタッフに繋いで", "だれか職員の人いる？", "オペレーターお願いします",
        "ロボットじゃなくて人間と話したい", "しょくいんを よんで ください", "cho tôi nói chuyện với ai đó",
        "gặp cán bộ được không", "cho gap nhan vien voi", "có ai ở đó không?", "quero uma pessoa me atendendo",
        "posso falar com gente?", "chama alguém aí por favor", "me passa pra um humano",
        "मलाई मान्छेसँग बोल्नु छ", "कर्मचारीलाई बोलाइदिनुस् न", "manche sanga bolna paune?",
        "quiero que me atienda alguien", "pónganme con alguien", "ponganme con alguien", "能不能让工作人员来",
        "我要跟人说", "有人吗？", "사람이랑 얘기하고 싶어요", "상담원 연결해 주세요",
        "gusto ko pong kausapin ang empleyado", "tao po sana ang sumagot", "bisa ngobrol sama petugasnya?",
        "mau ngomong sama manusia", "who can I talk to?", "can I speak to someone", "誰かに話を聞いてほしい",
        "मलाई मान्छे चाहियो", "may tao ba?", "叫人来",
    ],
)  # fmt: skip
def test_person_is_wished_for_in_many_wordings(city: City, text: str) -> None:
    assert city.triggers.find(text) == "person"


@pytest.mark.parametrize(
    "text",
    [
        "the person at the counter said I need a form, which one?", "how do I find a real estate agent",
        "my neighbour is a noisy person", "is there staff parking?", "人口は何人ですか",
        "職員募集の試験はいつですか", "中午12点到1点去窗口有人吗", "quantas pessoas moram na cidade?",
        "seguro para cinco personas", "오늘 사람이 많아요?", "có bao nhiêu người trong hộ khẩu?",
        "ilan ang tao sa city hall ngayon?", "berapa orang boleh ikut kelas?",
        "घरमा ५ जना मान्छे छन्, फारम कति?", "who can sign for my mother?",
        "someone who speaks english at city hall", "I have trouble with my landlord, who can I talk to",
        "que número ligo se alguém passar mal", "パワハラで悩んでる、誰かに話きいてほしい",
        "スマホで しやくしょの ひとと かおをみて はなせますか", "जँचाउन जाँदा भाषा मिलाइदिने मान्छे चाहियो",
        "linggo lang day off ko, may tao ba sa city hall", "周末退房，桌子床都还在，来得及叫人拉走吗",
    ],
)  # fmt: skip
def test_question_about_people_is_no_wish_for_one(city: City, text: str) -> None:
    assert city.triggers.find(text) == ""


def test_danger_comes_before_a_wish_for_a_person(city: City) -> None:
    assert city.triggers.find("let me talk to somebody, my house is on fire") == "emergency"
