from __future__ import annotations

import math

import pytest

from translation.guards import FLAGS, confidence_of, examine, repeats


@pytest.mark.parametrize(
    ("source_text", "text"),
    [
        ("月曜日と木曜日です", "Monday and Monday and Monday and Monday"),
        ("番号", "17171717171717 the the the the"),
        ("ごみ", "ごみごみごみごみ"),
        ("#####", "a" + "#" * 256),
        ("Where?", "どこですかどこですか。どこですかどこですか"),
        ("x", "in the city of the city in the city of the city in the city"),
        ("x", "aaaaaaa"),
    ],
)
def test_repetition_is_flagged(source_text: str, text: str) -> None:
    assert repeats(text)


@pytest.mark.parametrize(
    "text",
    [
        "Please bring your passport and your residence card.",
        "だんだん寒くなります。",
        "Monday and Thursday",
        "いろいろな手続き",
        "月曜日と木曜日に出してください。",
        "1,000,000 yen",
        "no, no",
    ],
)
def test_honest_text_is_not_repetition(text: str) -> None:
    assert not repeats(text)


def test_repetition_of_the_source_is_not_held_against_the_translation() -> None:
    assert examine("ha ha ha ha", "はははは", "en", "ja") == ()


def test_nothing_for_something_is_empty() -> None:
    assert examine("こんにちは", "", "ja", "en") == ("empty",)
    assert examine("こんにちは", " . ", "ja", "en") == ("empty",)


def test_nothing_for_nothing_is_fine() -> None:
    assert examine("…", "...", "ja", "en") == ()


def test_source_that_comes_back_is_copied() -> None:
    assert "copied" in examine("ユーフォリア", "ユーフォリア", "ja", "en")


def test_name_that_comes_back_between_latin_languages_is_fine() -> None:
    assert examine("Fernanda", "Fernanda", "pt-BR", "en") == ()


def test_whole_sentence_that_comes_back_between_latin_languages_is_copied() -> None:
    text = "Onde fica a prefeitura"
    assert examine(text, text, "pt-BR", "en") == ("copied",)


def test_other_script_is_flagged() -> None:
    assert "wrong_script" in examine("Where is the office?", "Onde fica a prefeitura", "en", "ja")
    assert "wrong_script" in examine("市役所はどこですか", "市役所はどこですか？です", "ja", "en")


def test_latin_name_inside_japanese_is_fine() -> None:
    assert examine("Please install the LINE app.", "LINEアプリを入れてください。", "en", "ja") == ()


@pytest.mark.parametrize("text", ["Home", "Contact us", "Closed.", "ENGLISH"])
def test_web_page_furniture_is_flagged(text: str) -> None:
    assert "furniture" in examine("さようなら", text, "ja", "en")


def test_dropped_half_is_too_short() -> None:
    source = "避難所は市民体育館です。水と毛布と食べ物がありますので、必要な方は受付まで来てください。"
    assert examine(source, "Water.", "ja", "en") == ("too_short",)


def test_invented_text_is_too_long() -> None:
    assert examine(
        "Thank you",
        "この手紙を送ってくださって本当にありがとうございました。またいつかお会いしましょう。",
        "en",
        "ja",
    ) == ("too_long",)


@pytest.mark.parametrize(
    ("source_text", "text", "source", "target"),
    [
        ("はい", "Yes, it is.", "ja", "en"),
        ("Good morning", "おはようございます。", "en", "ja"),
        ("Sim", "はい。", "pt-BR", "ja"),
        ("窓口", "The service counter", "ja", "en"),
        ("住民票", "certidão de residência", "ja", "pt-BR"),
    ],
)
def test_short_phrases_have_room(source_text: str, text: str, source: str, target: str) -> None:
    assert examine(source_text, text, source, target) == ()


def test_mark_for_the_unknown_is_flagged() -> None:
    assert "unknown_word" in examine("これは何ですか", "What is ⁇ here", "ja", "en")


def test_flags_come_in_one_fixed_order() -> None:
    flags = examine("ユーフォリア", "ユーフォリアユーフォリアユーフォリア", "ja", "en")
    assert list(flags) == [flag for flag in FLAGS if flag in flags]


def test_confidence_is_the_mean_probability_of_tokens() -> None:
    assert confidence_of(math.log(0.8), 0.5, ()) == pytest.approx(0.8)


def test_confidence_without_score_is_the_engines_usual_quality() -> None:
    assert confidence_of(None, 0.88, ()) == 0.88


def test_confidence_falls_with_each_flag() -> None:
    assert confidence_of(0.0, 1.0, ("repeated", "fact_lost")) == pytest.approx(
        FLAGS["repeated"] * FLAGS["fact_lost"]
    )


def test_confidence_of_an_empty_output_is_zero() -> None:
    assert confidence_of(0.0, 1.0, ("empty",)) == 0.0


def test_score_above_zero_does_not_make_more_than_certain() -> None:
    assert confidence_of(0.5, 1.0, ()) == 1.0
