"""What short messages do, in every language."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.city import City
from bot.talk import ANSWERS, PARTS, SMALL_TALK, Said, Talk, plain
from config.names import language_names

LANGUAGES = ("ja", "en", "zh-Hans", "ko", "vi", "pt-BR", "es", "tl", "id", "ne")


@pytest.fixture(scope="module")
def talk(city: City) -> Talk:
    return Talk(city.talk, language_names())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hello!", "hello"), ("hello, who are you?", "who_are_you"), ("How are you?", "how_are_you"),
        ("ARE YOU A ROBOT??", "robot"), ("what can you do", "abilities"),
        ("thanks 🙏", "thanks"), ("bye", "bye"),
        ("I see.", "understood"), ("you’re great", "praise"), ("you are useless", "complaint"),
        ("I don't understand", "unclear"), ("Back", "back"), ("oops", "sorry"),
        ("こんにちは！", "hello"), ("あなたは ロボットですか？", "robot"), ("戻る", "back"),
        ("むずかしいです", "unclear"),
        ("你好", "hello"), ("你是真人吗？", "robot"), ("谢谢", "thanks"), ("안녕하세요", "hello"),
        ("고맙습니다", "thanks"),
        ("xin chào", "hello"), ("cam on", "thanks"), ("cảm ơn bạn!", "thanks"),
        ("Oi, tudo bem?", "how_are_you"),
        ("obrigadao", "thanks"), ("voltar", "back"), ("¿Quién eres?", "who_are_you"), ("¡Gracias!", "thanks"),
        ("Magandang umaga po", "hello"), ("salamat po", "thanks"), ("terima kasih", "thanks"),
        ("kamu robot?", "robot"), ("नमस्ते", "hello"), ("धन्यवाद।", "thanks"), ("namaste", "hello"),
        ("Спасибо", "thanks"), ("สวัสดีครับ", "hello"), ("merci", "thanks"),
    ],
)  # fmt: skip
def test_small_talk_is_known(talk: Talk, text: str, kind: str) -> None:
    assert talk.read(text).kind == kind


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("English please", "en"), ("in English", "en"), ("日本語で", "ja"), ("日本語でお願いします", "ja"),
        ("やさしい日本語で", "ja-Hira"), ("easy Japanese please", "ja-Hira"), ("Português", "pt-BR"),
        ("em português, por favor", "pt-BR"), ("Tagalog", "tl"), ("filipino po", "tl"), ("tiếng Việt", "vi"),
        ("tieng viet nhe", "vi"), ("请用中文", "zh-Hans"), ("chinese", "zh-Hans"), ("한국어로 해 주세요", "ko"),
        ("español", "es"), ("en español por favor", "es"), ("bahasa Indonesia ya", "id"), ("नेपालीमा", "ne"),
        ("do you speak Nepali?", "ne"), ("ベトナム語できますか", "vi"), ("inglés", "en"), ("ภาษาไทย", "th"),
        ("русский", "ru"), ("英語", "en"), ("translate to Korean", "ko"),
    ],
)  # fmt: skip
def test_language_is_wished_for_by_its_name(talk: Talk, text: str, tag: str) -> None:
    assert talk.read(text) == Said(kind="language", wished=tag)


@pytest.mark.parametrize(
    "text",
    [
        "Japanese classes",
        "where can I learn Japanese?",
        "English speaking doctor",
        "中国語の通訳",
        "nepali food",
    ],
)
def test_language_in_a_question_is_no_wish(talk: Talk, text: str) -> None:
    assert talk.read(text).wished == ""


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("how much?", "cost"), ("How much is it?", "cost"), ("where?", "where"), ("and for my wife?", ""),
        ("what do I need to bring", "bring"), ("by when?", "deadline"), ("can I do it online?", "online"),
        ("いくらですか", "cost"), ("どこですか？", "where"), ("妻の分は？", ""), ("持ち物は？", "bring"),
        ("いつまで", "deadline"), ("多少钱", "cost"), ("我老婆呢？", ""), ("在哪里办", "where"),
        ("얼마예요?", "cost"), ("어디예요?", "where"), ("bao nhiêu tiền", "cost"), ("còn vợ tôi thì sao?", ""),
        ("ở đâu vậy", "where"), ("quanto custa?", "cost"), ("e para minha esposa?", ""),
        ("onde fica?", "where"),
        ("cuánto cuesta", "cost"), ("¿y para mi hijo?", ""), ("dónde", "where"), ("magkano po?", "cost"),
        ("paano naman ang asawa ko?", ""), ("saan po", "where"), ("berapa biayanya?", "cost"),
        ("kalau istri saya?", ""), ("di mana", "where"), ("कति पर्छ?", "cost"), ("कहाँ?", "where"),
        ("मेरो श्रीमतीको लागि?", ""), ("kati parcha", "cost"), ("thanks, and for my son?", ""),
    ],
)  # fmt: skip
def test_follow_up_names_nothing_of_its_own(talk: Talk, text: str, part: str) -> None:
    said = talk.read(text)
    assert (said.light, said.kind, said.part) == (True, "", part)


@pytest.mark.parametrize(
    "text",
    [
        "how do I throw away a sofa", "what about the pension?", "where is the city hall", "garbage", "年金は？",
        "ソファーはいくら", "how much is the child allowance?", "e o imposto?", "bao giờ đổ rác", "燃えるゴミはいつ",
        "my wife is pregnant", "여권은요?", "¿y la basura?", "paano ang buwis?", "बिमा कति?", "fire",
    ],
)  # fmt: skip
def test_question_with_a_thing_of_its_own_is_no_follow_up(talk: Talk, text: str) -> None:
    assert not talk.read(text).light


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("no, I meant the pension", "the pension"), ("I meant national pension", "national pension"),
        ("No, the pension", "the pension"), ("保険じゃなくて年金", "年金"), ("いや、年金のこと", "年金のこと"),
        ("não, eu quis dizer aposentadoria", "aposentadoria"), ("no, quise decir la pensión", "la pension"),
        ("我问的是年金", "年金"), ("그게 아니라 연금", "연금"), ("ý tôi là lương hưu", "luong huu"),
        ("maksud saya pensiun", "pensiun"), ("ang ibig kong sabihin pensyon", "pensyon"),
        ("होइन, पेन्सन", "पेन्सन"),
    ],
)  # fmt: skip
def test_correction_leaves_what_is_meant(talk: Talk, text: str, meant: str) -> None:
    said = talk.read(text)
    assert (said.corrects, plain(said.question)) == (True, meant)


def test_correction_that_says_nothing_leaves_nothing(talk: Talk) -> None:
    assert talk.read("not that") == Said(corrects=True)


def test_continuation_keeps_its_words(talk: Talk) -> None:
    assert talk.read("and what about garbage?") == Said(question="and what about garbage?", continues=True)


def test_greeting_before_a_question_does_not_change_it(talk: Talk) -> None:
    assert talk.read("Hello, how do I throw away a sofa?").question == "how do i throw away a sofa"


def test_long_message_is_a_question_of_its_own(talk: Talk) -> None:
    text = "and " * 40
    assert talk.read(text) == Said(question=text)


@pytest.mark.parametrize("tag", [*LANGUAGES, "ja-Hira"])
def test_language_has_cues_for_every_part(city: City, tag: str) -> None:
    assert set(city.talk[tag]["cue"]) == set(PARTS)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_language_has_words_for_everything(city: City, tag: str) -> None:
    table = city.talk[tag]
    wanted = {
        *SMALL_TALK,
        "yes",
        "no",
        "wish",
        "correction",
        "instead",
        "continuation",
        "light",
        "part",
        "cue",
    }
    assert wanted - set(table) == set()
    assert set(table["part"]) == set(PARTS)


@pytest.mark.parametrize(
    "cry", ["help", "help me", "ヘルプ", "帮助", "救命", "socorro", "tulong", "tolong", "trợ giúp"]
)
def test_cry_for_help_is_no_small_talk(talk: Talk, cry: str) -> None:
    assert talk.read(cry).kind == ""


@pytest.mark.parametrize(
    ("tag", "part", "word"),
    [("en", "cost", "yen"), ("ja", "cost", "円"), ("ko", "cost", "엔"),
     ("zh-Hans", "cost", "日元"), ("vi", "cost", "yên"),
     ("pt-BR", "cost", "ienes"), ("es", "cost", "yen"), ("id", "cost", "yen"),
     ("tl", "cost", "yen"), ("ne", "cost", "येन"),
     ("ja-Hira", "cost", "円"), ("en", "contact", "045-000-1200")],
)  # fmt: skip
def test_lines_about_a_part_are_found(city: City, talk: Talk, tag: str, part: str, word: str) -> None:
    article = city.articles["oversized-garbage", tag]
    lines = talk.lines_about(article.body, part, tag)
    assert lines
    assert any(word in line for line in lines)
    assert len(lines) < len([line for line in article.body.splitlines() if line.strip()])


def test_part_that_no_line_is_about_gives_nothing(talk: Talk) -> None:
    assert talk.lines_about("Only this.\nAnd that.", "cost", "en") == ()
    assert talk.lines_about("It costs 5 yen.", "cost", "en") == ()  # that is all of it
    assert talk.lines_about("It costs 5 yen.\nHello.", "cost", "xx") == ()


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300) | st.text(alphabet=string.ascii_letters + " ,.?!、。？", max_size=120))
def test_any_text_can_be_read(talk: Talk, text: str) -> None:
    said = talk.read(text)
    assert said.kind in ("", *SMALL_TALK, *ANSWERS)
    assert said.kind or said.corrects or said.question or not plain(text)
