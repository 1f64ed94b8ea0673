from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translation import guards
from translation.guards import FLAGS, examine, repeats


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
        ("x", "English, " + '" ' * 12),
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


def test_names_of_the_source_do_not_make_a_wrong_script() -> None:
    text = "フルネームはRicardo Vernaut Juniorです。"
    assert examine("My name is Ricardo Vernaut Junior.", text, "en", "ja") == ()


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


@pytest.mark.parametrize("mark", ["⁇", "<unk>", "[UNK]", "<0xE3>", "\ufffd", "▁", "\ue000"])
def test_mark_for_the_unknown_is_flagged(mark: str) -> None:
    assert "unknown_word" in examine("これは何ですか", f"What is {mark} here", "ja", "en")


def test_mark_that_the_source_has_too_is_fine() -> None:
    assert examine("これは⁇ですか", "Is this ⁇?", "ja", "en") == ()


def test_flags_come_in_one_fixed_order() -> None:
    flags = examine("ユーフォリア", "ユーフォリアユーフォリアユーフォリア", "ja", "en")
    assert list(flags) == [flag for flag in FLAGS if flag in flags]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("¿Dónde está el ayuntamiento y qué necesito para ir?", "pt-BR"),
        ("Where do I have to go with this letter today?", "pt-BR"),
        ("Onde fica a prefeitura e o que eu preciso levar?", "es"),
        ("Saya mau tanya di mana kantor pos ini berada", "tl"),
        ("Вы должны принести паспорт и карту завтра утром", "uk"),
        ("Ви повинні принести паспорт і картку завтра вранці", "ru"),
        ("Та маргааш өглөө паспорт болон картаа авчрах хэрэгтэй", "ru"),
        ("मुझे कल सुबह अपना पासपोर्ट लेकर आना है", "ne"),
        ("मलाई भोलि बिहान आफ्नो पासपोर्ट लिएर आउनु पर्छ", "hi"),
        ("请您明天早上带护照来市政府的窗口吧", "ja"),
        ("請您明天早上帶護照來市政府的窗口吧", "zh-Hans"),
        ("请您明天早上带护照来市政府的窗口吧", "zh-Hant"),
        ("あしたの朝、市役所の窓口に来てください", "zh-Hans"),
    ],
)
def test_another_language_of_the_same_script_is_flagged(text: str, target: str) -> None:
    source = "en" if target in ("ja", "zh-Hans", "zh-Hant") else "ja"
    source_text = (
        "Please come to the city hall with it."
        if source == "en"
        else "あした、それを持って市役所に来てください。"
    )
    assert "wrong_language" in examine(source_text, text, source, target)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("Onde fica a prefeitura e o que eu preciso levar?", "pt-BR"),
        ("¿Dónde está el ayuntamiento y qué necesito para ir?", "es"),
        ("Use o app LINE ou o Google Maps.", "pt-BR"),
        ("Check in at the Hotel California", "en"),
        ("Сообщите об этом в полицию", "ru"),
        ("Повідомте про це в поліцію", "uk"),
        ("住民票記載事項証明書交付申請書", "ja"),
        ("你好", "ja"),
        ("国民健康保険被保険者証再交付申請", "ja"),
    ],
)
def test_right_or_short_text_is_no_wrong_language(text: str, target: str) -> None:
    assert "wrong_language" not in examine("?" * len(text), text, "ko", target)


@pytest.mark.parametrize(
    ("source_text", "source", "target"),
    [
        ("Where is the city hall?", "ja", "en"),
        ("مرحبا بك في اليابان", "ja", "en"),
        ("Привет", "en", "ja"),
        ("市役所はどこですか", "pt-BR", "ja"),
        ("Where do I have to go with this letter?", "pt-BR", "ja"),
    ],
)
def test_source_in_another_language_than_it_was_translated_from_is_flagged(
    source_text: str, source: str, target: str
) -> None:
    text = {"en": "The harm of the matter", "ja": "これは何かの話です"}[target]
    assert "foreign_source" in examine(source_text, text, source, target)


@pytest.mark.parametrize(
    ("source_text", "text", "source"),
    [
        ("LINEで送ってください。", "Please send it by LINE.", "ja"),
        ("Tom", "Tom.", "ja"),
        ("2025", "2025", "ja"),
        ("Onde fica o Hotel New Otani?", "Where is the Hotel New Otani?", "pt-BR"),
    ],
)
def test_names_numbers_and_abbreviations_are_no_foreign_source(
    source_text: str, text: str, source: str
) -> None:
    assert examine(source_text, text, source, "en") == ()


def test_run_of_untranslated_words_is_copied() -> None:
    source = "Por favor traga o comprovante de residência amanhã"
    assert "copied" in examine(source, "Please traga o comprovante de residência amanhã", "pt-BR", "en")


def test_name_of_many_words_that_comes_back_is_not_copied() -> None:
    source = "Ela trabalha na Universidade Federal do Rio de Janeiro"
    text = "She works at Universidade Federal do Rio de Janeiro"
    assert "copied" not in examine(source, text, "pt-BR", "en")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("Fale conosco", "pt-BR"),
        ("首页", "zh-Hans"),
        ("聯絡我們", "zh-Hant"),
        ("문의하기", "ko"),
        ("Trang chủ", "vi"),
        ("Página de inicio", "es"),
        ("หน้าแรก", "th"),
        ("Beranda", "id"),
        ("Ana sayfa", "tr"),
        ("Главная", "ru"),
        ("Головна", "uk"),
        ("Accueil", "fr"),
        ("गृहपृष्ठ", "ne"),
        ("होम", "hi"),
        ("হোম", "bn"),
        ("දැන්", "si"),
    ],
)
def test_web_page_furniture_is_known_in_the_languages_served(text: str, target: str) -> None:
    flagged = "furniture" in examine("さようなら", text, "ja", target)
    assert flagged == (text != "දැන්")


def test_furniture_of_every_served_language_is_listed() -> None:
    import tomllib
    from importlib import resources

    from translation.languages import languages

    table = tomllib.loads((resources.files("translation") / "data" / "furniture.toml").read_text("utf-8"))
    assert set(table) == {tag for tag, language in languages().items() if not language.human_only}


def test_furniture_as_source_may_be_translated() -> None:
    assert examine("お問い合わせ", "Contact us", "ja", "en") == ()


def test_length_of_every_served_language_is_listed() -> None:
    from translation.guards import english_length
    from translation.languages import languages

    assert all(
        english_length("abc", tag) > 0 for tag, language in languages().items() if not language.human_only
    )


def test_length_ratio_is_0_for_the_usual_length_and_symmetric() -> None:
    from translation.guards import length_ratio

    assert length_ratio("a" * 99, "b" * 99, "en", "en") == 0
    longer = length_ratio("a" * 99, "b" * 199, "en", "en")
    shorter = length_ratio("a" * 199, "b" * 99, "en", "en")
    assert longer == -shorter == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    "flag", ["repeated", "too_short", "too_long", "copied", "wrong_script", "wrong_language"]
)
def test_what_makes_a_text_worthless_leaves_no_confidence(flag: str) -> None:
    from translation.guards import SURE

    assert FLAGS[flag] < SURE


@pytest.mark.parametrize(
    "text",
    [
        "印鑑登録と印鑑登録証明書",
        "Submit the form to the school or the school affairs desk on the third floor of the building.",
    ],
)
def test_name_within_a_longer_name_is_not_repetition(text: str) -> None:
    assert not repeats(text)


@given(
    unit=st.text(alphabet="abあ漢 、,と.1", min_size=1, max_size=12),
    times=st.integers(1, 4),
    before=st.text(alphabet="abcdあいう漢字 ", max_size=9),
    between=st.sampled_from(["", " ", "x", "。"]),
)
def test_quick_look_for_repetition_misses_nothing(unit: str, times: int, before: str, between: str) -> None:
    text = " ".join(f"{before}{unit * times}{between}{unit}".split())
    patterns = (guards._THRICE, guards._TWICE, guards._DRAWN_OUT)
    assert guards._stutters(text) or not any(pattern.search(text) for pattern in patterns)
