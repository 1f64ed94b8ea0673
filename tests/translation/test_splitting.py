from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translation import splitting
from translation.languages import languages
from translation.splitting import LONGEST_SPACED, LONGEST_UNSPACED, Piece, join, split


def sentences(text: str, language: str = "ja") -> list[str]:
    return [piece.text for piece in split(text, language) if piece.is_sentence]


ODD = st.text(
    alphabet="あ亜a.。!?「」\n\r \t・-1234)(😀👨‍👩‍👧🇯🇵é、,•※\u3000।။៕។၊ကกक一１．）»“น\x85\u2028\u200b",
    max_size=80,
)


@given(st.one_of(ODD, st.text(max_size=80)), st.sampled_from(sorted(languages())))
def test_pieces_joined_are_the_text(text: str, language: str) -> None:
    assert "".join(piece.text for piece in split(text, language)) == text


@given(ODD)
def test_no_sentence_begins_or_ends_with_white_space(text: str) -> None:
    assert all(sentence == sentence.strip() for sentence in sentences(text))


def test_japanese_sentences_are_parted_after_the_full_stop() -> None:
    assert sentences("市役所です。どうぞ。") == ["市役所です。", "どうぞ。"]


def test_quotation_that_the_sentence_goes_on_from_stays_whole() -> None:
    assert sentences("「避難してください。」と言われたら、逃げてください。") == [
        "「避難してください。」と言われたら、逃げてください。"
    ]


def test_quotation_followed_by_a_new_sentence_is_cut() -> None:
    assert sentences("「はい。」はいと答えた。") == ["「はい。」", "はいと答えた。"]


def test_name_with_a_full_stop_in_it_stays_whole() -> None:
    assert sentences("モーニング娘。のコンサートです。") == ["モーニング娘。のコンサートです。"]


@pytest.mark.parametrize("text", ["Dr. Smith is here.", "Av. Brasil fica aqui.", "Dr.田中に聞いてください。"])
def test_abbreviation_does_not_end_a_sentence(text: str) -> None:
    assert sentences(text, "pt-BR" if text.startswith("Av") else "en") == [text]


def test_line_breaks_are_gaps() -> None:
    assert split("a b\n\nc", "en") == [Piece("a b", True), Piece("\n\n", False), Piece("c", True)]


@pytest.mark.parametrize("bullet", ["- ", "• ", "・", "1. ", "2) ", "① ", "※", "(3) ", "◆"])
def test_bullets_stay_out_of_sentences(bullet: str) -> None:
    assert split(f"{bullet}住民票", "ja") == [Piece(bullet, False), Piece("住民票", True)]


def test_decimal_at_the_start_of_a_line_is_not_a_bullet() -> None:
    assert sentences("1.5 metros de altura", "pt-BR") == ["1.5 metros de altura"]


@pytest.mark.parametrize("emoji", ["😊", "👍🏽", "👨‍👩‍👧", "🇯🇵", "❤️", "3️⃣"])
def test_emoji_are_gaps(emoji: str) -> None:
    assert sentences(f"ありがとう{emoji}またね", "ja") == ["ありがとう", "またね"]


def test_text_without_letters_has_no_sentence() -> None:
    assert sentences("--- !!! ???\n***", "en") == []


def test_empty_text_has_no_pieces() -> None:
    assert split("", "ja") == []


def test_long_sentence_is_cut_at_a_comma() -> None:
    text = "住民票と印鑑証明書の交付を希望する方は、" * 8
    assert all(len(sentence) <= LONGEST_UNSPACED for sentence in sentences(text))
    assert all(sentence.endswith("、") for sentence in sentences(text))


def test_long_japanese_without_any_cut_is_cut_hard() -> None:
    assert [len(sentence) for sentence in sentences("字" * 200)] == [LONGEST_UNSPACED, LONGEST_UNSPACED, 20]


def test_long_sentence_with_spaces_is_cut_between_words() -> None:
    found = sentences("palavra " * 60, "pt-BR")
    assert all(len(sentence) <= LONGEST_SPACED and sentence.endswith("palavra") for sentence in found)


def test_word_that_is_no_language_stays_as_it_is() -> None:
    assert sentences("a" * 600, "en") == []


def test_long_address_does_not_make_a_sentence_noise() -> None:
    text = f"See https://www.city.example.jp/{'a' * 60} please."
    assert sentences(text, "en") == [text]


def test_ten_thousand_characters_are_split_completely() -> None:
    text = "市役所です。" * 1667
    assert len(sentences(text)) == 1667


def test_sentences_are_joined_by_a_space_where_the_target_has_spaces() -> None:
    assert join([Piece("Yes.", True), Piece("No.", True)], "en") == "Yes. No."


@pytest.mark.parametrize("target", ["ja", "zh-Hans", "th", "km", "my"])
def test_sentences_are_joined_without_a_space_where_the_target_has_none(target: str) -> None:
    assert join([Piece("一。", True), Piece(" ", False), Piece("二。", True)], target) == "一。二。"


def test_line_breaks_and_bullets_survive_joining() -> None:
    pieces = [Piece("• ", False), Piece("はい", True), Piece("\n• ", False), Piece("いいえ", True)]
    assert join(pieces, "ja") == "• はい\n• いいえ"


def test_emoji_between_sentences_survive_joining() -> None:
    assert join([Piece("Olá", True), Piece(" 😊 ", False), Piece("tchau", True)], "ja") == "Olá 😊 tchau"


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        ("zh-Hans", "您好。请进！在哪里？", ["您好。", "请进！", "在哪里？"]),
        ("zh-Hant", "您好。請進！", ["您好。", "請進！"]),
        ("ko", "안녕하세요. 어디입니까?", ["안녕하세요.", "어디입니까?"]),
        ("es", "¿Dónde está? ¡Gracias!", ["¿Dónde está?", "¡Gracias!"]),
        ("es", "Abre a las 9:00 a. m. y cierra.", ["Abre a las 9:00 a. m. y cierra."]),
        ("es", "Abre a las 9:00 a. m. Venga.", ["Abre a las 9:00 a. m.", "Venga."]),
        ("fr", "Où est-ce ? M. Dupont est là.", ["Où est-ce ?", "M. Dupont est là."]),
        (
            "ru",
            "Срок до 31.03.2025 г. включительно. Спасибо!",
            ["Срок до 31.03.2025 г. включительно.", "Спасибо!"],
        ),
        ("hi", "नमस्ते। कहाँ है?ठीक है।अच्छा।", ["नमस्ते।", "कहाँ है?", "ठीक है।", "अच्छा।"]),
        ("ne", "नमस्ते। ठीक छ।", ["नमस्ते।", "ठीक छ।"]),
        ("bn", "নমস্কার। ঠিক আছে।", ["নমস্কার।", "ঠিক আছে।"]),
        ("my", "မင်္ဂလာပါ။ ဟုတ်ကဲ့၊ ရပါတယ်။", ["မင်္ဂလာပါ။", "ဟုတ်ကဲ့၊ ရပါတယ်။"]),
        ("km", "សួស្តី។ ល្អ៕ ចប់។ហើយ។", ["សួស្តី។", "ល្អ៕", "ចប់។", "ហើយ។"]),
        ("th", "เวลา 09.00 น. ถึง 17.00 น.", ["เวลา 09.00 น. ถึง 17.00 น."]),
        ("si", "ආයුබෝවන්. කොහෙද?", ["ආයුබෝවන්.", "කොහෙද?"]),
        ("id", "Di Jl. Merdeka No. 5. Terima kasih.", ["Di Jl. Merdeka No. 5.", "Terima kasih."]),
        ("en", "We have art. Please come.", ["We have art.", "Please come."]),
        ("en", "See form No. 5 please.", ["See form No. 5 please."]),
    ],
)
def test_sentences_end_as_each_script_ends_them(tag: str, text: str, expected: list[str]) -> None:
    assert sentences(text, tag) == expected


@pytest.mark.parametrize(
    "bullet", ["1．", "１）", "2、", "一、", "（二）", "㈠", "→ ", "ก. ", "၁။ ", "१. ", "А) ", "3."]
)
def test_bullets_of_every_script_stay_out_of_sentences(bullet: str) -> None:
    assert split(f"{bullet}住民票", "ja") == [Piece(bullet, False), Piece("住民票", True)]


@pytest.mark.parametrize("text", ["2、3日かかります", "二、三日かかります", "3.5kmです", "1.5倍です"])
def test_number_that_begins_a_sentence_is_no_bullet(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    "text", ["はい\r\n\r\nいいえ", "はい\u2028いいえ", "はい\x85いいえ", "はい\tいいえ\nはい"]
)
def test_every_line_break_is_a_gap(text: str) -> None:
    assert all(not set(sentence) & set("\r\n\u2028\x85") for sentence in sentences(text))
    assert join(split(text, "ja"), "ja") == text


@pytest.mark.parametrize("target", sorted(languages()))
def test_paragraphs_lists_and_emoji_keep_their_places_in_every_language(target: str) -> None:
    text = "1. 住民票\r\n2. 印鑑 😊\r\n\r\n・はい"
    pieces = [Piece("x", True) if piece.is_sentence else piece for piece in split(text, "ja")]
    assert join(pieces, target) == "1. x\r\n2. x 😊\r\n\r\n・x"


@given(
    text=st.text(alphabet="abcdé 、,'あ漢字一十㈠①ー.。!?1（）\n", min_size=1, max_size=60),
    language=st.sampled_from(["en", "ja", "pt-BR"]),
)
def test_short_way_for_one_plain_sentence_changes_nothing(text: str, language: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, "_ONE_SENTENCE", re.compile("(?!)"))
        slowly = split(text, language)
    assert split(text, language) == slowly
