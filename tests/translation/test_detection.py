from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translation.detection import UNSURE, Detector
from translation.languages import languages

DETECTOR = Detector()

# Written for this test, and not used to choose words or weights. Short, as people write in a chat.
PHRASES = """
en|What documents do I need?
en|My bicycle was stolen
en|I moved here last week
en|Is the pool open on Sunday?
en|we have no water
en|Can my wife come too?
en|I don't understand this letter
pt-BR|Quais documentos eu preciso levar?
pt-BR|Roubaram minha bicicleta
pt-BR|Mudei para cá na semana passada
pt-BR|A piscina abre no domingo?
pt-BR|estamos sem água
pt-BR|Minha esposa pode ir junto?
pt-BR|Não entendo esta carta
es|¿Qué documentos necesito?
es|Me robaron la bicicleta
es|Me mudé aquí la semana pasada
es|¿La piscina abre el domingo?
es|no tenemos agua
es|¿Puede venir mi esposa?
vi|Tôi cần giấy tờ gì?
vi|Xe đạp của tôi bị mất
vi|Tuần trước tôi mới chuyển đến
vi|Chủ nhật hồ bơi có mở không?
vi|nhà tôi mất nước
tl|Anong mga dokumento ang kailangan ko?
tl|Ninakaw ang bisikleta ko
tl|Lumipat ako dito noong isang linggo
tl|Bukas ba ang pool sa Linggo?
tl|wala kaming tubig
id|Dokumen apa yang saya perlukan?
id|Sepeda saya dicuri
id|Saya baru pindah minggu lalu
id|Apakah kolam renang buka hari Minggu?
id|kami tidak punya air
fr|De quels documents ai-je besoin ?
fr|On m'a volé mon vélo
fr|J'ai déménagé ici la semaine dernière
fr|La piscine est ouverte dimanche ?
fr|nous n'avons pas d'eau
tr|Hangi belgelere ihtiyacım var?
tr|Bisikletim çalındı
tr|Geçen hafta buraya taşındım
tr|Havuz pazar günü açık mı?
tr|suyumuz yok
ru|Какие документы мне нужны?
ru|У меня украли велосипед
ru|Я переехал на прошлой неделе
ru|у нас нет воды
uk|Які документи мені потрібні?
uk|У мене вкрали велосипед
uk|Я переїхав минулого тижня
uk|у нас немає води
mn|Ямар бичиг баримт хэрэгтэй вэ?
mn|Миний дугуйг хулгайлсан
mn|Өнгөрсөн долоо хоногт нүүж ирсэн
mn|бидэнд ус алга
ko|어떤 서류가 필요해요?
ko|자전거를 도둑맞았어요
ko|물이 안 나와요
zh-Hans|需要什么文件？
zh-Hans|我的自行车被偷了
zh-Hans|我们没有水
zh-Hant|需要什麼文件？
zh-Hant|我的腳踏車被偷了
zh-Hant|我們沒有水
ja|どんな書類がいりますか
ja|自転車を盗まれました
ja|水が出ません
ja|プール
ne|मलाई कुन कागजात चाहिन्छ?
ne|मेरो साइकल चोरी भयो
ne|हामीसँग पानी छैन
hi|मुझे कौन से दस्तावेज़ चाहिए?
hi|मेरी साइकिल चोरी हो गई है
hi|हमारे पास पानी नहीं है
bn|আমার কী কী কাগজ লাগবে?
bn|আমার সাইকেল চুরি হয়েছে
si|මට මොන ලියකියවිලි ඕනෙද?
si|අපිට වතුර නැහැ
th|ต้องใช้เอกสารอะไรบ้าง
th|จักรยานถูกขโมย
my|ဘာစာရွက်စာတမ်းတွေ လိုအပ်ပါသလဲ
my|ရေမလာဘူး
km|ខ្ញុំត្រូវការឯកសារអ្វីខ្លះ
km|យើងគ្មានទឹកទេ
""".strip().splitlines()


def test_short_chat_phrases_are_recognised_98_times_in_100() -> None:
    wrong = [
        (line, found.language)
        for line in PHRASES
        if (found := DETECTOR.detect(line.partition("|")[2])).language != line.partition("|")[0]
    ]
    assert len(wrong) <= 0.02 * len(PHRASES), wrong


@pytest.mark.parametrize(
    "text",
    [
        "ok",
        "OK!!",
        "123",
        "03-1234-5678",
        "https://www.city.example.jp/pt",
        "〒123-4567",
        "a@b.example.jp",
        "👍🏽",
        "A4",
        "",
        "   ",
        "\n",
        "?!",
        "hahaha",
        "Minato-ku 1-2-3",
        "wifi",
        "2025/3/31",
        "kkkk",
    ],
)
def test_text_that_says_nothing_keeps_the_persons_language_without_confidence(text: str) -> None:
    found = DETECTOR.detect(text, prior=["pt-BR"])
    assert (found.language, found.confidence) == ("pt-BR", UNSURE)


def test_neutral_text_without_prior_is_unsure() -> None:
    assert DETECTOR.detect("ok").confidence == UNSURE


def test_neutral_word_does_not_hide_the_language_around_it() -> None:
    assert DETECTOR.detect("ok obrigado").language == "pt-BR"


def test_kana_decide_for_japanese_among_many_han_characters() -> None:
    assert DETECTOR.detect("国民健康保険料納付証明書の").language == "ja"


def test_one_japanese_word_in_a_foreign_sentence_does_not_make_it_japanese() -> None:
    text = "Eu recebi uma carta que diz マイナンバー e não sei o que fazer com ela agora"
    assert DETECTOR.detect(text).language == "pt-BR"


def test_han_that_both_languages_write_follows_the_prior() -> None:
    assert DETECTOR.detect("税金", prior=["ja"]).language == "ja"
    assert DETECTOR.detect("出生", prior=["zh-Hans"]).language == "zh-Hans"


def test_han_that_both_languages_write_is_unsure_without_prior() -> None:
    assert DETECTOR.detect("出生").confidence < 0.5


def test_prior_breaks_a_tie_between_close_languages() -> None:
    assert DETECTOR.detect("documento", prior=["es"]).language == "es"
    assert DETECTOR.detect("documento", prior=["pt-BR"]).language == "pt-BR"


def test_clear_sentence_beats_the_prior() -> None:
    assert DETECTOR.detect("Onde fica o hospital mais próximo?", prior=["es"]).language == "pt-BR"


def test_prior_that_is_not_served_is_ignored() -> None:
    assert DETECTOR.detect("ok", prior=["xx", "vi"]).language == "vi"


def test_candidates_are_likeliest_first_and_begin_with_the_answer() -> None:
    found = DETECTOR.detect("documento")
    assert found.candidates[0] == (found.language, found.confidence)
    assert list(found.candidates) == sorted(found.candidates, key=lambda pair: -pair[1])


def test_full_width_latin_is_read_like_latin() -> None:
    assert DETECTOR.detect("Ｗｈｅｒｅ　ｉｓ　ｔｈｅ　ｏｆｆｉｃｅ").language == "en"


def test_devanagari_without_known_words_is_nepali() -> None:
    assert DETECTOR.detect("पानी").language == "ne"


@given(st.text(max_size=60), st.lists(st.sampled_from(["ja", "en", "pt-BR", "zz"]), max_size=3))
def test_any_text_gives_a_served_language_and_a_confidence_from_0_to_1(text: str, prior: list[str]) -> None:
    found = DETECTOR.detect(text, prior=prior)
    assert found.language in languages()
    assert 0.0 <= found.confidence <= 1.0


def test_very_long_text_is_judged_by_its_beginning() -> None:
    assert DETECTOR.detect("どこですか。" * 100 + "where is it " * 5000).language == "ja"
