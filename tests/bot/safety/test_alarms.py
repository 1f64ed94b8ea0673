"""Danger in messages: the machinery on a small language, and the city's real patterns."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config
from bot.city import read_toml
from bot.safety.alarms import LONGEST, NO_ALARM, Alarms, Typos
from bot.safety.evaluation import evaluate, read_rows
from bot.safety.folding import fold, without_accents
from bot.safety.patterns import compile_language, pieces_of
from core.errors import InvalidInput
from translation.languages import languages

CITY = Path(config.__file__).parent / "city"
SMALL: dict[str, Any] = {
    "sets": {"house": ["house", "kitchen"]},
    "emergency": {
        "fire": ["{house} .. on fire", "burn* down"],
        "medical": ["collapsed", "call .. ambulance", "need .. ambulance"],
    },
    "alone": {"fire": ["fire"]},
    "urgent": {"violence": ["hits me"]},
    "calm": {
        "never": ["fire station"],
        "quiet": ["last year", "how many"],
        "now": ["right now"],
        "quiet_urgent": ["in the movie"],
        "number": ["what number", "how many is the number"],
        "call": ["call .. ambulance"],
        "around": ["help", "please"],
    },
}
small = Alarms({"en": SMALL})
FILES = {path.stem: read_toml(path) for path in (CITY / "triggers" / "safety").glob("*.toml")}
PHRASES = {path.stem: read_toml(path) for path in (CITY / "triggers").glob("*.toml")}
real = Alarms(
    FILES,
    {
        tag: {k: v for k, v in table.items() if k in ("emergency", "urgent", "emergency_alone")}
        for tag, table in PHRASES.items()
    },
)


@pytest.mark.parametrize(
    ("text", "kind", "topic"),
    [
        ("my house is on fire", "emergency", "fire"),
        ("the KITCHEN, oh no, is on FIRE!!", "emergency", "fire"),
        ("it burned down", "emergency", "fire"),
        ("she collapsed", "emergency", "medical"),
        ("she colapsed", "emergency", "medical"),
        ("fire! help please", "emergency", "fire"),
        ("he hits me", "urgent", "violence"),
        ("he hits me and my house is on fire", "emergency", "fire"),
    ],
)
def test_danger_is_found(text: str, kind: str, topic: str) -> None:
    alarm = small.find(text)
    assert (alarm.kind, alarm.topic, alarm.languages) == (kind, topic, ("en",))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "house",
        "the fire was at the station",
        "where is the fire station",
        "my house was on fire last year",
        "in the movie he hits me",
        "on fire. house",  # the gap does not go over the end of a sentence
        "house " + "x " * 60 + "on fire",
        "bonfire",
    ],
)
def test_what_only_looks_like_danger_is_not(text: str) -> None:
    assert small.find(text) == NO_ALARM


def test_the_past_hushes_its_own_sentence_only() -> None:
    assert small.find("I moved here last year. My house is on fire").kind == "emergency"


def test_now_is_stronger_than_the_past() -> None:
    assert small.find("the house we bought last year is on fire right now").kind == "emergency"


@pytest.mark.parametrize(
    "text",
    [
        "what number do I dial to call an ambulance",
        "to call the ambulance, what number?",
        "what number is 119",
    ],
)
def test_question_about_a_number_is_no_call_for_help(text: str) -> None:
    assert small.find(text) == NO_ALARM


@pytest.mark.parametrize(
    "text",
    [
        "call an ambulance",
        "call an ambulance. what number is my flat?",  # the question is another sentence
        "I need an ambulance, what number do I dial",
        "what number do I dial to call an ambulance, she collapsed",
        "the kitchen is on fire, what number",
        "the kitchen is on fire, how many is the number",  # "how many" alone would hush
    ],
)
def test_danger_stays_one_beside_a_question_about_a_number(text: str) -> None:
    assert small.find(text).kind == "emergency"


def test_the_past_does_not_hush_what_is_urgent() -> None:
    assert small.find("he hits me since last year").kind == "urgent"


def test_words_that_a_related_language_hushes_do_not_sound_in_another() -> None:
    one = {"urgent": {"suicide": ["suicid*"]}}
    other = {"urgent": {"suicide": ["suicid*"]}, "calm": {"never": ["prevencion del suicidio"]}}
    assert Alarms({"pt-BR": one}).find("charla de prevención del suicidio").kind == "urgent"
    assert Alarms({"pt-BR": one, "es": other}).find("charla de prevención del suicidio") == NO_ALARM


def test_ends_of_long_messages_are_read() -> None:
    assert small.find("x " * LONGEST + "my house is on fire").kind == "emergency"
    assert small.find("my house is on fire " + "x " * LONGEST).kind == "emergency"


def test_pattern_with_an_unknown_set_says_so() -> None:
    with pytest.raises(InvalidInput, match="“nothing”"):
        Alarms({"en": {"emergency": {"fire": ["{nothing} burns"]}}})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ambulence", "ambulance"),
        ("ambulane", "ambulance"),
        ("ambulannce", "ambulance"),
        ("maubulance", "maubulance"),
        ("ambulance", "ambulance"),
        ("amb", "amb"),
    ],
)
def test_one_slip_is_corrected(typed: str, meant: str) -> None:
    assert Typos(frozenset({"ambulance"})).correct(typed) == meant


@pytest.mark.parametrize(
    ("text", "kind", "topic"),
    [
        ("nha toi dang chay", "emergency", "fire"),
        ("nhà tôi đang cháy", "emergency", "fire"),
        ("kyukyusha please my wife collapsed", "emergency", "medical"),
        ("aago lagyo bachau", "emergency", "fire"),
        ("家が燃えてる、助けて", "emergency", "fire"),
        ("ไฟไหม้บ้าน", "emergency", "fire"),
        ("mero budha le malai kutcha", "urgent", "violence"),
        ("shinitai", "urgent", "suicide"),
        ("社長がパスポート返してくれない", "urgent", "labour"),
    ],
)
def test_the_city_s_patterns(text: str, kind: str, topic: str) -> None:
    alarm = real.find(text)
    assert (alarm.kind, alarm.topic) == (kind, topic)


@pytest.mark.parametrize(
    "text",
    [
        "tôi đang chạy bộ",
        "toi an chay o quan nay",
        "불고기 먹고 싶어요",
        "quero morar no danchi",
        "how much is fire insurance",
    ],
)
def test_the_city_s_patterns_stay_quiet(text: str) -> None:
    assert real.find(text) == NO_ALARM


@pytest.mark.parametrize(
    "text",
    [
        "do they keep my zairyu overnight when they write the street on it",
        "our baby has no passport yet, which office first",
        "cigarette smoke from the balcony below comes into my room",
        "kam bata farkida zairyu khasecha, baato ma khoje bhetina",
        "gadi thokkiyo bhane kun number, police ki ambulance pahila",
        "छिमेकीको चुरोटको धुवाँ कोठामा आइरहेको छ",
        "vou pro brasil com o recém-nascido em 40 dias, faço o zairyu antes?",
        "tem que devolver o zairyu do falecido onde, manda pelo correio?",
        "meu pai teve avc, teve alta e eu trabalho na fábrica o dia todo",
        "alerta nivel 4 de enchente o q significa, é pra sair?",
        "fumaça de cigarro do vizinho entra no meu apartamento",
        "si veo un choque en la calle con heridos a que numero llamo?",
        "iniwan ako ng asawa ko, tatlo anak ko walang wala",
        "naipit kamay ko sa makina tapos ayaw nila magbayad",
        "yung lata ng spray na ubos na, delikado daw pag sinama sa nasusunog",
        "giả sử đêm có người ngất xỉu thì bấm 3 số nào ạ, e hay lộn với công an",
        "lỡ nhà sập thì cả nhà chạy đến đâu ngủ tạm, trường học à?",
        "khói thuốc lá từ ban công dưới bay ra mù mịt",
        "补办在留卡 报警",
        "在留卡丢了要报警吗",
        "日本的119是救护车还是火警?报警呢",
        "在留卡掉进河里了怎么办",
        "叫救护车事后会寄账单吗",
        "税の督促状がきた、給料日まで待ってもらえる？",
        "隣のベランダのたばこの煙が出ていてくさい",
        "목욕 중에 흔들리면 어떻게 해요",
        "옆집 담배 연기가 나와서 괴로워요",
    ],
)
def test_everyday_questions_that_sound_alike_are_calm(text: str) -> None:
    assert real.find(text) == NO_ALARM


@pytest.mark.parametrize(
    ("text", "kind", "topic"),
    [
        ("smoke from the balcony below comes into my room", "emergency", "fire"),  # nobody said cigarettes
        ("my boss keeps my passport overnight, every night", "urgent", "labour"),
        ("meu pai teve um avc agora, chama ambulancia", "emergency", "medical"),
        ("enchente aqui, não conseguimos sair", "emergency", "trapped"),
        ("hay inundación y no podemos salir", "emergency", "trapped"),
        ("mi jefe no quiere devolver mi pasaporte", "urgent", "labour"),
        ("naipit kamay ko sa makina", "emergency", "trapped"),
        ("may nasusunog sa kusina", "emergency", "fire"),
        ("cai lo nha toi dang chay", "emergency", "fire"),
        ("con tôi lỡ uống thuốc tẩy, ngất rồi", "emergency", "medical"),
        ("有人闯进我家，要报警吗", "emergency", "crime"),
        ("孩子掉进河里了", "emergency", "water"),
        ("給料日までお金がなくて食べるものがない", "urgent", "home"),
        ("gadi thokkiyo", "emergency", "accident"),
    ],
)
def test_danger_in_nearly_the_same_words_stays_danger(text: str, kind: str, topic: str) -> None:
    alarm = real.find(text)
    assert (alarm.kind, alarm.topic) == (kind, topic)


@pytest.mark.parametrize("language", sorted(FILES))
def test_no_pattern_that_matches_is_left_out_by_its_needles(language: str) -> None:
    patterns = compile_language(language, FILES[language], more=PHRASES.get(language, {}))
    kinds = {"emergency": patterns.emergency, "urgent": patterns.urgent, "alone": patterns.alone}
    rows = read_rows((CITY / "evaluation" / "safety-unseen.tsv").read_text(encoding="utf-8"))
    matched = 0
    for tag, text, *_ in rows:
        folded = fold(text)
        prepared = patterns.prepare(folded, without_accents(folded))
        found = {(kind, topic) for kind in kinds for topic, p in kinds[kind].items() if p.search(prepared)}
        assert found <= patterns.possible(pieces_of(prepared)), text
        matched += bool(found) and tag == language
    assert matched >= 5


def test_phrase_of_nothing_but_gaps_is_always_tried() -> None:
    patterns = compile_language("en", {"sets": {"any": []}, "urgent": {"home": ["{any}"], "child": [" .. "]}})
    assert patterns.possible(pieces_of("")) == {("urgent", "home"), ("urgent", "child")}


@pytest.mark.parametrize(
    "text",
    [
        "what number do i dial to call an ambulance",
        "to call the police which number is it",
        "como chamo a polícia, que número",
        "pra chamar ambulância disco que número",
        "a qué número llamo para que llamen a la policía",
        "qué número marco para llamar una ambulancia",
        "救急車を呼びたいときは何番ですか",
        "けいさつを よんでもらう ばんごうは なんですか",
        "경찰 불러야 할 때 번호가 몇 번이에요",
        "gọi cảnh sát thì bấm số mấy",
        "gọi xe cấp cứu số nào",
        "manggil ambulans nomor berapa ya",
        "kalau panggil polisi teleponnya nomor berapa",
        "anong number po kung tatawag ng pulis",
        "police bolauna kun number ho",
        "报警电话是几号",
        "叫救护车打什么电话",
        "叫救護車打幾號",
        "quel numéro pour appeler la police",
        "по какому номеру вызвать скорую",
        "яким номером викликати швидку",
        "เรียกรถพยาบาลเบอร์อะไร",
        "ambulans çağırmak için hangi numara",
        "police bulane ka number kya hai",
    ],
)
def test_which_number_to_call_is_a_question_in_every_language(text: str) -> None:
    assert real.find(text) == NO_ALARM


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("there is a fire, what number do I call", "fire"),
        ("my dad collapsed which number is the ambulance", "medical"),
        ("tem fogo na cozinha, que número eu ligo", "fire"),
        ("meu pai desmaiou, pra chamar ambulância disco que número", "medical"),
        ("mi mamá no respira, qué número marco", "medical"),
        ("家が燃えています、何番に電話すればいいですか", "fire"),
        ("ちちが たおれて いきをしていません。きゅうきゅうしゃは なんばんですか", "medical"),
        ("불이 났어요 몇 번에 전화해요", "fire"),
        ("nhà tôi đang cháy, gọi số mấy", "fire"),
        ("ada kebakaran di dapur, telepon nomor berapa", "fire"),
        ("may sunog sa kusina anong number tatawagan", "fire"),
        ("aago lagyo kun number ma phone garne", "fire"),
        ("着火了打什么电话", "fire"),
        ("il y a le feu dans la cuisine, quel numéro", "fire"),
        ("ไฟไหม้บ้าน โทรเบอร์อะไร", "fire"),
        ("ផ្ទះឆេះ ហៅលេខប៉ុន្មាន", "fire"),
    ],
)
def test_danger_is_heard_when_the_number_is_asked_too(text: str, topic: str) -> None:
    alarm = real.find(text)
    assert (alarm.kind, alarm.topic) == ("emergency", topic)


@pytest.mark.parametrize(
    "article", sorted((CITY / "articles").glob("emergency-numbers.*.md")), ids=lambda a: a.stem
)
def test_questions_that_an_article_answers_are_no_alarm(article: Path) -> None:
    questions = re.findall(r'^  - "(.+)"$', article.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(questions) >= 8
    assert [question for question in questions if real.find(question).kind] == []


@pytest.mark.parametrize(("file", "least"), [("safety", 0.98), ("safety-unseen", 0.98)])
def test_labelled_sentences_are_told_apart(file: str, least: float) -> None:
    rows = read_rows((CITY / "evaluation" / f"{file}.tsv").read_text(encoding="utf-8"))
    rates = evaluate(rows, {row[1]: real.find(row[1]) for row in rows})["all"].rates()
    assert rates["found"] >= least
    assert rates["right_kind"] >= least
    assert rates["false_alarms"] <= 0.01


def test_every_language_of_the_translation_has_patterns() -> None:
    assert set(languages()) - {"ja-Hira"} <= set(FILES)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert real.find(text).kind in ("", "emergency", "urgent")


@pytest.mark.parametrize("text", ["a " * 5000, "か" * 9000, "fire " * 2000, "!" * 9000, "house x " * 1500])
def test_hostile_lengths_cost_little(text: str) -> None:
    began = time.thread_time()
    real.find(text)
    assert time.thread_time() - began < 5  # not a benchmark: a pattern that backtracks takes minutes


def test_rows_without_columns_are_named() -> None:
    with pytest.raises(InvalidInput, match="Line 2"):
        read_rows("en\tfire\temergency\nen only")


def test_unknown_kind_is_named() -> None:
    with pytest.raises(InvalidInput, match="“panic”"):
        evaluate([["en", "fire", "panic"]], {"fire": NO_ALARM})


def test_figures_count_what_was_missed_and_false() -> None:
    rows = [
        ["en", "my house is on fire", "emergency", "fire"],
        ["en", "nothing", "urgent", "child"],
        ["en", "she collapsed", "calm"],
    ]
    figures = evaluate(rows, {row[1]: small.find(row[1]) for row in rows})
    assert figures["en"].rates() == {
        "danger": 2, "found": 0.5, "right_kind": 0.5, "right_topic": 0.5, "calm": 1, "false_alarms": 1.0,
    }  # fmt: skip
    assert figures["en"].wrong == [("nothing", "urgent", "calm"), ("she collapsed", "calm", "emergency")]
