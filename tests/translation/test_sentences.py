"""The way of one sentence with facts, with a scripted engine."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from translation.engine import Output, Pair
from translation.model import Lane
from translation.routes import Candidate, Route, measured_quality
from translation.sentences import Effort, Sentence, SentenceTranslator


class Script:
    """An engine that says what it was told to say, and remembers what it was asked."""

    def __init__(self, said: Mapping[str, str] | None = None) -> None:
        self.said = dict(said or {})
        self.asked: list[tuple[str, bool]] = []

    async def translate(self, sentence: str, pair: Pair, *, lane: Lane, careful: bool = False) -> Output:
        self.asked.append((sentence, careful))
        return Output(self.said.get(sentence, "Nothing that was written down here."), -0.3)

    async def once(
        self, text: str, pair: Pair = ("ja", "en"), *, lane: Lane = "chat", effort: Effort | None = None
    ) -> Sentence:
        route = Route((Candidate(0, "script", "1", pair),))
        translator = SentenceTranslator([self], measured_quality(), 32, effort=effort or Effort())
        return await translator.translate(text, route, lane)


async def test_first_decode_is_the_sentence_as_it_was_written() -> None:
    engine = Script({"国民年金は二十歳から払います。": "You pay the National Pension from the age of 20."})
    result = await engine.once("国民年金は二十歳から払います。")
    assert (result.text, result.flags) == ("You pay the National Pension from the age of 20.", ())
    assert engine.asked == [("国民年金は二十歳から払います。", False)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("自己負担は一割です。", "You pay ten percent."),
        ("1か月の負担です。", "It is the monthly payment."),
        ("先着五十名です。", "The first fifty people."),
        ("一人目です。", "The first one."),
    ],
)
async def test_words_for_numbers_need_no_second_decode(text: str, said: str) -> None:
    engine = Script({text: said})
    result = await engine.once(text)
    assert (result.text, len(engine.asked)) == (said, 1)


async def test_second_decode_has_an_easier_fact() -> None:
    engine = Script(
        {"保険料は18,600円です。": "It is 186.", "保険料は300円です。": "The premium is 300 yen."}
    )
    result = await engine.once("保険料は18,600円です。")
    assert (result.text, result.lost) == ("The premium is 18,600 yen.", ())
    assert [asked for asked, _ in engine.asked] == ["保険料は18,600円です。", "保険料は300円です。"]


async def test_sentence_that_no_decode_gets_right_is_translated_clause_by_clause() -> None:
    engine = Script(
        {"図書館では3冊を": "Three books at the library.", "3日間借りられます。": "You have 3 days."}
    )
    result = await engine.once("図書館では15冊を2日間借りられます。")
    assert result.text == "15 books at the library. You have 2 days."
    assert result.lost == ()
    assert "fact_moved" not in result.flags


async def test_clauses_without_a_full_stop_are_joined_by_a_comma() -> None:
    engine = Script({"It costs 1,000 yen": "千円かかって", "and takes 2 minutes.": "2分かかります。"})
    result = await engine.once("It costs 300 yen and takes 5 minutes.", ("en", "ja"))
    assert result.text == "300円かかって、5分かかります。"


async def test_label_and_its_facts_are_joined_by_a_colon() -> None:
    engine = Script({"受付時間": "Reception hours."})
    result = await engine.once("受付時間：9:00～17:00")
    assert result.text == "Reception hours: 9:00–17:00"
    assert result.flags == ()


async def test_facts_that_no_decode_keeps_stand_after_the_sentence() -> None:
    engine = Script()
    result = await engine.once("保険料は18,600円です。")
    assert result.text.endswith("(18,600 yen).") or result.text.endswith("(18,600 yen)")
    assert "fact_moved" in result.flags


async def test_brackets_are_wide_in_chinese() -> None:
    result = await Script().once("The fee is 300 yen, by May 3.", ("en", "zh-Hans"))
    assert "（" in result.text
    assert "、" in result.text
    assert "(" not in result.text


async def test_captions_do_not_wait_for_many_decodes() -> None:
    live, chat = Script(), Script()
    await live.once("保険料は18,600円です。", lane="live")
    await chat.once("保険料は18,600円です。")
    assert len(live.asked) == 1 + Effort().live
    assert 1 + Effort().live < len(chat.asked) <= 1 + Effort().others


async def test_no_effort_means_one_decode() -> None:
    engine = Script()
    await engine.once("保険料は18,600円です。", effort=Effort(live=0, others=0))
    assert len(engine.asked) == 1


async def test_nothing_is_decoded_twice() -> None:
    engine = Script()
    await engine.once("詳しくは https://a.example/b を3番の窓口で見てください。")
    assert len(engine.asked) == len(set(engine.asked))


@pytest.mark.parametrize("output", ["See X's page.", "See Xs and X."])
async def test_address_does_not_run_into_a_word(output: str) -> None:
    engine = Script({"Xを見てください。": output, "京都を見てください。": "See Kyoto."})
    result = await engine.once("https://a.example/bを見てください。")
    assert result.text == "See https://a.example/b."


async def test_numbers_do_not_run_into_each_other() -> None:
    engine = Script({"3番で水曜日まで。": "3Wednesday.", "10番で金曜日まで。": "At 10 by Friday."})
    result = await engine.once("7番で11月8日まで。")
    assert result.text == "At 7 by November 8."


async def test_month_is_no_bare_number() -> None:
    engine = Script({"2人目から。": "From February.", "3人目から。": "From the third."})
    result = await engine.once("2人目から。")
    assert result.text == "From the 2nd."


async def test_one_a_month_is_no_day_of_the_month() -> None:
    text = "It costs 8,100 yen a month."
    engine = Script({text: "月1日に8,100円です。", "It costs 1,000 yen a month.": "月に1,000円です。"})
    result = await engine.once(text, ("en", "ja"))
    assert result.text == "月に8,100円です。"


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("Bill & Ted", ("ja", "en")),
        ("EUR30", ("ja", "en")),
        ("ＡＢＣ", ("ja", "en")),
        ("市役所はどこですか", ("en", "ja")),
    ],
)
async def test_text_that_no_engine_of_the_language_can_read_stays(text: str, pair: Pair) -> None:
    engine = Script()
    result = await engine.once(text, pair)
    assert (result.text, engine.asked) == (text, [])


async def test_half_width_kana_are_japanese() -> None:
    engine = Script()
    await engine.once("ﾊﾝｶｸｶﾅ")
    assert engine.asked != []


async def test_two_times_do_not_stand_side_by_side() -> None:
    text = "From 11:00 to 15:00."
    engine = Script({text: "11時15時まで。", "at 10:00.": "10時です。"})
    result = await engine.once(text, ("en", "ja"))
    assert (result.text, result.lost) == ("11時〜15時です。", ())


async def test_facts_that_stay_side_by_side_are_flagged() -> None:
    text = "From 11:00 to 15:00."
    result = await Script({text: "11時15時まで。"}).once(text, ("en", "ja"))
    assert "fact_added" in result.flags
