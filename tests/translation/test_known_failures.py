"""What small models are known to fail at, as promises: the right text, or the facts kept, or a flag that names the
failure and a confidence that says so. Never an exception; never empty, repeated or a web page's words without a flag.

Cases from LibreTranslate's and argos-translate's issues (#650, #858, #673, #352, #416, #865, #452, #91, #81, #276) and
from what residents type.
"""

from __future__ import annotations

import asyncio
import itertools
import tomllib
from collections.abc import AsyncIterator
from importlib import resources
from pathlib import Path

import pytest
import pytest_asyncio

from translation.assembly import build_translator
from translation.guards import FLAGS, SURE, repeats
from translation.model import Translation
from translation.service import Translator

# One translator for all tests: loading models for each would take most of the time.
pytestmark = pytest.mark.asyncio(loop_scope="module")

PAIRS = [("ja", "en"), ("en", "ja"), ("pt-BR", "ja"), ("ja", "pt-BR"), ("en", "pt-BR"), ("pt-BR", "en")]
FURNITURE = {
    word
    for words in tomllib.loads(
        (resources.files("translation") / "data" / "furniture.toml").read_text("utf-8")
    ).values()
    for word in words
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def translator(models_dir: Path) -> AsyncIterator[Translator]:
    opened = build_translator(models_dir)
    yield opened
    await opened.close()


def is_marked(result: Translation) -> bool:
    """Is there a flag, and so little confidence that nobody takes the text at its word?"""
    return bool(result.flags) and result.confidence <= SURE


def assert_promise(result: Translation, text: str) -> None:
    """What holds for every text whatever it is."""
    assert set(result.flags) <= set(FLAGS)
    assert 0.0 <= result.confidence <= 1.0
    said_something = any(character.isalnum() for character in result.source_text)
    if said_something and not any(character.isalnum() for character in result.text):
        assert "empty" in result.flags
    if repeats(result.text) and not repeats(result.source_text):
        assert result.flags
    if result.text.strip(" .。!！?？").casefold() in FURNITURE:
        same = result.text.strip(" .。").casefold() == text.strip(" .。").casefold()
        assert same or result.engine == "phrases" or "furniture" in result.flags or _is_source_furniture(text)


def _is_source_furniture(text: str) -> bool:
    return text.strip(" .。!！?？").casefold() in FURNITURE


# The right text, whatever the model says.
RIGHT = [
    ("ja", "en", "さようなら", "Goodbye."),
    ("ja", "en", "おやすみなさい", "Good night."),
    ("ja", "en", "おげんきですか", "How are you?"),
    ("ja", "en", "こんにちは", "Hello."),
    ("ja", "en", "ありがとう", "Thank you."),
    ("ja", "en", "たすけて", "Help!"),
    ("ja", "pt-BR", "さようなら", "Tchau."),
    ("ja", "pt-BR", "こんにちは", "Olá."),
    ("en", "ja", "Hello", "こんにちは。"),
    ("en", "ja", "Goodbye!", "さようなら。"),
    ("pt-BR", "ja", "Oi", "こんにちは。"),
    ("ja", "en", "\u202eこんにちは\u202c", "Hello."),
    ("ja", "en", "\u200bこん\u200bにちは", "Hello."),
    ("ja", "en", "\u2067こんにちは\u2069", "Hello."),
    ("ja", "en", "\ufeffこんにちは", "Hello."),
    ("ja", "en", "ｺﾝﾆﾁﾊ", "Hello."),
]


@pytest.mark.parametrize(("source", "target", "text", "right"), RIGHT[:-1])
async def test_greeting_is_said_as_people_say_it(
    translator: Translator, source: str, target: str, text: str, right: str
) -> None:
    result = await translator.translate(text, source=source, target=target)
    assert (result.text, result.flags, result.confidence) == (right, (), 1.0)


# Facts alone: they come through as they are, in every direction.
FACTS_ALONE = [
    "2002",
    "12",
    "https://test.com/",
    "https://www.city.example.jp/a_b_c?x=1_2",
    "user@example.org",
    "first_last@example.org",
    "+447378099903",
    "30€",
]


@pytest.mark.parametrize(("source", "target"), PAIRS)
@pytest.mark.parametrize("text", FACTS_ALONE)
async def test_fact_alone_comes_through_as_it_is(
    translator: Translator, text: str, source: str, target: str
) -> None:
    result = await translator.translate(text, source=source, target=target)
    assert (result.text, result.lost, result.flags) == (text, (), ())


@pytest.mark.parametrize(("source", "target"), PAIRS)
async def test_half_past_seven_in_the_evening_stays_so(
    translator: Translator, source: str, target: str
) -> None:
    result = await translator.translate("19:30", source=source, target=target)
    assert result.text in {"19:30", {"ja": "19時30分", "pt-BR": "19h30", "en": "19:30"}[target]}
    assert (result.lost, result.flags) == ((), ())


FACTS_INSIDE = [
    ("ja", "en", "https://test.com/ を見てください。", "https://test.com/"),
    ("en", "ja", "See https://test.com/ for details.", "https://test.com/"),
    ("en", "pt-BR", "Please write to user@example.org today.", "user@example.org"),
    ("en", "ja", "Please write to user@example.org today.", "user@example.org"),
    ("pt-BR", "ja", "Escreva para user_name@example.org hoje.", "user_name@example.org"),
    ("en", "ja", "Call +447378099903 tomorrow.", "+447378099903"),
    ("ja", "en", "+447378099903 に電話してください。", "+447378099903"),
    ("en", "ja", "It starts at 19:30.", "19時30分"),
    ("en", "pt-BR", "It starts at 19:30.", "19h30"),
    ("ja", "en", "19:30に始まります。", "19:30"),
    ("en", "ja", "I was born in 2002.", "2002"),
    ("ja", "en", "2002年に生まれました。", "2002"),
]


@pytest.mark.parametrize(("source", "target", "text", "fact"), FACTS_INSIDE)
async def test_fact_in_a_sentence_is_there_letter_for_letter(
    translator: Translator, source: str, target: str, text: str, fact: str
) -> None:
    result = await translator.translate(text, source=source, target=target)
    assert result.lost == ()
    assert fact in result.text


@pytest.mark.parametrize(("source", "target"), PAIRS)
async def test_euros_never_become_dollars(translator: Translator, source: str, target: str) -> None:
    result = await translator.translate("EUR30", source=source, target=target)
    assert "$" not in result.text
    assert "30" in result.text or is_marked(result)


# Words that the starter models do not know: whatever comes out is marked, unless it is right.
UNKNOWN = [
    ("ja", "en", "ユーフォリア", {"euphoria"}),
    ("ja", "en", "終わりない夢 (instrumental)", {"endless dream (instrumental)"}),
    ("ja", "en", "終わりない夢", {"endless dream"}),
    ("ja", "en", "トピックス", {"topics"}),
    ("ja", "en", "お問い合わせ", {"contact us", "inquiries", "contact"}),
    ("ja", "en", "ログイン", {"login", "log in"}),
    ("ja", "pt-BR", "ユーフォリア", {"euforia"}),
    ("ja", "pt-BR", "トピックス", {"tópicos"}),
    ("ja", "en", "Bill & Ted", {"bill & ted"}),
    ("en", "ja", "Bill & Ted", {"ビルとテッド", "ビル＆テッド", "bill & ted"}),
    ("ja", "en", "ゅゃょっ", set()),
    ("ja", "en", "ん", set()),
    ("ja", "en", "ﾊﾝｶｸｶﾅ", {"half-width kana"}),
    ("en", "ja", "qwertyuiop", {"qwertyuiop"}),
    ("en", "ja", "asdf jkl zxcv bnm", {"asdf jkl zxcv bnm"}),
    ("ja", "en", "مرحبا بك في اليابان", {"مرحبا بك في اليابان"}),
    ("ja", "en", "שלום עולם", {"שלום עולם"}),
    ("en", "ja", "Добро пожаловать в мэрию", {"добро пожаловать в мэрию"}),
    ("ja", "en", "Where is the city hall?", {"where is the city hall?"}),
    ("pt-BR", "ja", "市役所はどこですか", {"市役所はどこですか"}),
    ("ja", "en", "a", {"a"}),
    ("ja", "en", "a|b", {"a|b"}),
    ("ja", "en", "snake_case_name", {"snake_case_name"}),
    ("ja", "en", '["a","b"]', {'["a","b"]'}),
]


@pytest.mark.parametrize(("source", "target", "text", "right"), UNKNOWN)
async def test_what_the_model_does_not_know_is_marked_or_right(
    translator: Translator, source: str, target: str, text: str, right: set[str]
) -> None:
    result = await translator.translate(text, source=source, target=target)
    assert result.text.strip(" .。").casefold() in right or is_marked(result)


# Nothing to translate: it stays exactly as it is, in every direction.
UNTOUCHED = [
    "",
    " ",
    "\n",
    "\n\n\n",
    "\r\n",
    "\t",
    "?",
    "!",
    "…",
    "。",
    "・",
    "/",
    "\\",
    "|",
    "_",
    "_____",
    "----------",
    "!!!!!!!!!!!!",
    "∑∫√",
    "♪♪♪",
    "😀",
    "😀😀😀",
    "👨\u200d👩\u200d👧\u200d👦",
    "🇯🇵🇧🇷",
    "❤️🙏🏽",
    "1️⃣",
]


@pytest.mark.parametrize(("source", "target"), PAIRS)
@pytest.mark.parametrize("text", UNTOUCHED)
async def test_text_without_words_stays_as_it_is(
    translator: Translator, text: str, source: str, target: str
) -> None:
    result = await translator.translate(text, source=source, target=target)
    assert (result.text, result.flags, result.confidence) == (text, (), 1.0)


@pytest.mark.parametrize(("source", "target"), PAIRS)
async def test_256_number_signs_come_back_as_they_are(
    translator: Translator, source: str, target: str
) -> None:
    result = await translator.translate("#" * 256, source=source, target=target)
    assert result.text == "#" * 256
    assert set(result.flags) <= {"copied"}


# Anything a resident may send; no right answer, but the promises hold.
ODD = [
    "あ",
    "x",
    "Z",
    "窓",
    "é",
    "한",
    "0",
    "a_b_c",
    "foo_bar baz_qux",
    '["a|b"]',
    "{'a': [1, 2]}",
    "市役所 office はどこ where ですか",
    "Привет 市役所 hello",
    "\u202eevil\u202c text",
    "A\x00B\x07C",
    "so\u00adft hy\u00adphen",
    "\U000e0fff\u0378",
    "\ue000\ue001 private",
    "zero\u200bwidth\u200djoiner\u2060word",
    "🗑️ごみ🗑️",
    "ok 👍🏽 obrigado",
    "السلام عليكم 市役所",
    "w" * 46,
    "w" * 400,
    "あ" * 100,
    "漢" * 80,
    "word " * 60,
    "ごみ、" * 60,
    "lixo lixo lixo lixo lixo lixo lixo lixo",
    "ha ha ha ha ha ha ha",
    "<b>市役所</b>",
    "<b>x</b>",
    "<script>alert(1)</script>",
    "&lt;b&gt;hello&lt;/b&gt;",
    "{placeholder}",
    "{name}さん、こんにちは。",
    "%(count)s / %s / {0}",
    "[[1]] <t0> __X0__",
    "X",
    "X X X",
    "トム",
    "Tom",
    "NHK",
    "12 トム X",
    "C++ C# .NET",
    "1+1=2",
    "①②③",
    "ＡＢＣ　１２３",
    "ÀÉÎÕÜ ñ ç ß",
    "ﷺ ﷽",
    "a\u0301\u0301\u0301\u0301\u0301\u0301",
    "ｗｗｗｗ",
    "Home",
    "Contact us",
    "ホーム",
    "ｱﾘｶﾞﾄｳ",
    "(((((((((((a)))))))))))",
    "\"'`'\"`´",
    "....a....",
    "SELECT * FROM users; DROP TABLE users;--",
    "../../etc/passwd",
    "C:\\Windows\\System32",
]


@pytest.mark.parametrize(("source", "target"), PAIRS)
async def test_odd_texts_keep_every_promise(translator: Translator, source: str, target: str) -> None:
    results = await asyncio.gather(
        *(translator.translate(text, source=source, target=target, lane="bulk") for text in ODD)
    )
    for text, result in zip(ODD, results, strict=True):
        assert_promise(result, text)


@pytest.mark.parametrize("text", ["\ud800", "市役所\udfff", "a\udc80b"])
async def test_half_of_a_surrogate_pair_is_no_error(translator: Translator, text: str) -> None:
    result = await translator.translate(text, source="ja", target="en")
    assert_promise(result, text)
    result.text.encode("utf-8")


@pytest.mark.parametrize(("source", "target"), [("ja", "en"), ("en", "ja"), ("pt-BR", "ja")])
async def test_word_said_500_times_is_repeated_like_the_source_or_marked(
    translator: Translator, source: str, target: str
) -> None:
    word = {"ja": "ごみ ", "en": "garbage ", "pt-BR": "lixo "}[source]
    result = await translator.translate(word * 500, source=source, target=target)
    assert_promise(result, word * 500)
    assert result.text.strip()


@pytest.mark.parametrize(
    ("source", "target", "text"),
    [
        ("ja", "en", "<b>市役所</b>はどこですか。"),
        ("en", "ja", "Please <i>do not</i> use the elevator."),
        ("en", "ja", "Dear {name}, your number is {number}."),
        ("ja", "en", "{name}さんの番号は%(count)sです。"),
    ],
)
async def test_markup_and_placeholders_are_kept_or_marked(
    translator: Translator, source: str, target: str, text: str
) -> None:
    result = await translator.translate(text, source=source, target=target)
    marks = [mark for mark in ("<b>", "</b>", "<i>", "{name}", "{number}", "%(count)s") if mark in text]
    assert all(mark in result.text for mark in marks) or is_marked(result)


@pytest.mark.parametrize(
    ("source", "target", "text", "kept"),
    [
        ("ja", "en", "トムは12時にXへ行きます。電話は045-000-1100です。", ("12", "045-000-1100")),
        ("en", "ja", "Tom will meet X at 12:00. Call 045-000-1100.", ("12", "045-000-1100")),
        ("en", "pt-BR", "X and Tom: https://a.example/X", ("https://a.example/X",)),
        ("ja", "en", "NHKは https://a.example/NHK です。", ("https://a.example/NHK",)),
    ],
)
async def test_stand_ins_that_a_person_typed_do_not_mix_with_facts(
    translator: Translator, source: str, target: str, text: str, kept: tuple[str, ...]
) -> None:
    result = await translator.translate(text, source=source, target=target)
    assert result.lost == ()
    assert all(fact in result.text for fact in kept)
    assert all(result.text.count(fact) == text.count(fact) for fact in kept if len(fact) > 2)


async def test_texts_that_look_alike_are_not_taken_for_each_other(
    translator: Translator, models_dir: Path
) -> None:
    texts = ["a|b", '["a","b"]', '["a|b"]', "a b", "a, b", "a_b", "A|B", "a|b ", "a\u200b|b", "[a] [b]"]
    together = await asyncio.gather(*(translator.translate(text, source="en", target="ja") for text in texts))
    alone = build_translator(models_dir)
    try:
        for text, result in zip(texts, together, strict=True):
            assert (await alone.translate(text, source="en", target="ja")).text == result.text
    finally:
        await alone.close()
    assert together[1].source_text != together[2].source_text


async def test_same_text_in_two_languages_is_translated_from_each(translator: Translator) -> None:
    text = "total"
    results = await asyncio.gather(
        translator.translate(text, source="en", target="ja"),
        translator.translate(text, source="pt-BR", target="ja"),
        translator.translate(text, source="pt-BR", target="en"),
    )
    assert [result.route for result in results] == [("en", "ja"), ("pt-BR", "en", "ja"), ("pt-BR", "en")]


@pytest.mark.parametrize(("source", "target"), [("ja", "en"), ("en", "pt-BR")])
async def test_ten_thousand_characters_keep_their_lines_and_facts(
    translator: Translator, source: str, target: str
) -> None:
    line = {
        "ja": "{n}番の窓口に来て、在留カードとパスポートを見せてください。",
        "en": "Please come to counter {n} and show us your residence card.",
    }[source]
    lines = itertools.takewhile(
        lambda pair: pair[0] * len(pair[1]) < 10_000 + len(pair[1]),
        ((n, line.format(n=100 + n)) for n in itertools.count(1)),
    )
    text = "\n".join(line for _, line in lines)
    assert len(text) >= 10_000
    result = await translator.translate(text, source=source, target=target, lane="bulk")
    assert result.text.count("\n") == text.count("\n")
    assert result.lost == ()
    assert len(result.kept) == text.count("\n") + 1


async def test_no_two_questions_get_the_same_answer(translator: Translator) -> None:
    """Argos once answered "Home" to everything."""
    texts = ["市役所はどこですか。", "ごみはいつ出しますか。", "住民票がほしいです。", "子どもが病気です。"]
    results = [await translator.translate(text, source="ja", target="en") for text in texts]
    assert len({result.text for result in results}) == len(texts)
    for text, result in zip(texts, results, strict=True):
        assert_promise(result, text)
