"""The demo city's content is complete, says the same in every language, and fits a chat bubble."""

from __future__ import annotations

import csv
import re
import string
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import config
from bot.knowledge import ELSEWHERE, read_wordings
from bot.knowledge.checking import facts
from bot.triggers import Triggers

CITY = Path(config.__file__).parent / "city"
LANGUAGES = ("ja", "ja-Hira", "en", "pt-BR")
SLUGS = (
    "garbage-sorting", "garbage-calendar", "oversized-garbage", "moving-in", "moving-out", "moving-within",
    "residence-card-address", "visa-renewal", "my-number-card", "certificate-of-residence",
    "seal-registration", "tax-certificate", "resident-tax", "national-health-insurance", "national-pension",
    "pension-lump-sum", "child-allowance", "birth-registration", "marriage-registration",
    "death-registration", "maternity-handbook", "infant-checkup-vaccination", "nursery-school",
    "school-enrollment", "after-school-care", "livelihood-support", "public-housing", "job-consultation",
    "water-service", "emergency-numbers", "hospital-interpreter", "earthquake", "typhoon-and-flood",
    "evacuation-shelters", "heavy-snow", "driving-licence", "bicycle", "on-demand-taxi", "japanese-classes",
    "consultation-desk", "lost-property", "noise-and-neighbours", "dog-registration", "long-term-care",
    "disability-handbook", "scams", "office-hours", "online-consultation",
)  # fmt: skip
SERVED = ("ja", "ja-Hira", "en", "zh-Hans", "ko", "vi", "pt-BR", "es", "tl", "id", "ne")
ARTICLES = [(slug, language) for slug in SLUGS for language in SERVED]
FRONT_MATTER = {
    "slug", "language", "title", "label", "department", "source",
    "valid_until", "reviewed_by", "updated", "questions",
}  # fmt: skip
TRIGGERS = {
    "emergency", "emergency_alone", "urgent", "hello", "thanks", "bye",
    "person", "person_alone", "person_words", "contact_words", "language", "yes", "no", "cancel",
}  # fmt: skip
# Beginnings of words, of which a message needs one of each: a word may be there and in another list too.
BEGINNINGS = {"person_words", "contact_words"}
# Articles about talking to somebody: who asks for one may be heard as wanting a person, who knows all of it.
TALKING = {"consultation-desk", "online-consultation"}
OUTCOMES = {"none", "emergency", "urgent", "smalltalk", "person"}
BUTTONS = {
    "answer.yes", "answer.no", "unsure.none", "unknown.person_button",
    "unknown.no_button", "person.button", "person.cancel_button",
}  # fmt: skip
KANJI_WITHOUT_READING = re.compile(r"[一-龥々〆ヶ]+(?![一-龥々〆ヶ（])")
READING = re.compile(r"[一-龥々〆ヶ]（([^）]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    front: dict[str, Any]
    body: str


def read_article(slug: str, language: str) -> Article:
    _, front, body = (CITY / "articles" / f"{slug}.{language}.md").read_text("utf-8").split("---\n", 2)
    return Article(front=yaml.safe_load(front), body=body.strip())


def read_toml(path: str) -> dict[str, Any]:
    return tomllib.loads((CITY / path).read_text("utf-8"))


def flatten(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().strip()


@cache
def alarm_words() -> Triggers:
    words = {language: read_toml(f"triggers/{language}.toml") for language in SERVED}
    patterns = (CITY / "triggers" / "safety").glob("*.toml")
    return Triggers(words, {path.stem: read_toml(f"triggers/safety/{path.name}") for path in patterns})


def heard(text: str) -> str:
    """What the service's own matcher makes of a message, with the lists and patterns of all languages at once."""
    return alarm_words().find(text)


def evaluation_rows() -> list[tuple[str, str, str]]:
    files = [CITY / "evaluation" / name for name in ("questions.tsv", "unseen.tsv")]
    rows = [line.split("\t") for file in files for line in file.read_text("utf-8").splitlines()]
    return [(tag, text, label) for tag, text, label in rows]


# Articles


def test_every_article_is_there_in_every_language_and_no_other() -> None:
    names = {path.name for path in (CITY / "articles").iterdir()}
    assert names == {f"{slug}.{language}.md" for slug, language in ARTICLES}


@pytest.mark.parametrize(("slug", "language"), ARTICLES)
def test_article_front_matter_is_complete(slug: str, language: str) -> None:
    front = read_article(slug, language).front
    assert set(front) == FRONT_MATTER
    assert (front["slug"], front["language"]) == (slug, language)
    assert front["department"] in read_toml("city.toml")["departments"]
    assert front["updated"] < front["valid_until"] == date(2027, 3, 31)
    assert front["source"]
    assert front["reviewed_by"] == "あおば市 多文化共生課"


@pytest.mark.parametrize(("slug", "language"), ARTICLES)
def test_article_has_six_to_fourteen_different_questions(slug: str, language: str) -> None:
    questions = read_article(slug, language).front["questions"]
    assert 6 <= len({fold(question) for question in questions}) == len(questions) <= 14


@pytest.mark.parametrize(("slug", "language"), ARTICLES)
def test_article_fits_a_chat_bubble(slug: str, language: str) -> None:
    article = read_article(slug, language)
    assert len(article.front["title"]) <= 40
    assert len(article.front["label"]) <= 20
    assert 200 <= len(article.body) <= 1500


@pytest.mark.parametrize(("slug", "language"), ARTICLES)
def test_article_body_is_plain_text_with_lists(slug: str, language: str) -> None:
    body = read_article(slug, language).body
    assert not re.search(r"^#|\*\*|__|`|<[a-z/]|\]\(|\|", body, flags=re.MULTILINE)
    lines = [line for line in body.splitlines() if re.match(r"\d+\. ", line)]
    assert [line.split(".")[0] for line in lines] == [str(n) for n in range(1, len(lines) + 1)]
    links = re.findall(r"https?://\S+", body)
    assert set(links) == {f"https://www.city.aoba.example/{slug}"}


@pytest.mark.parametrize(("slug", "language"), ARTICLES)
def test_article_says_the_same_numbers_as_the_japanese_one(slug: str, language: str) -> None:
    japanese, other = read_article(slug, "ja"), read_article(slug, language)
    assert facts(other.body, language) == facts(japanese.body, "ja")
    assert other.front["department"] == japanese.front["department"]


@pytest.mark.parametrize("slug", SLUGS)
def test_article_names_a_phone_of_the_city(slug: str) -> None:
    city = read_toml("city.toml")
    places = [city, *city["departments"].values(), *city["offices"].values()]
    ours = {place["phone"] for place in places}
    named = set(re.findall(r"045-000-\d{4}", read_article(slug, "ja").body))
    assert named
    assert named <= ours


@pytest.mark.parametrize("slug", SLUGS)
def test_easy_japanese_article_gives_every_kanji_a_reading(slug: str) -> None:
    article = read_article(slug, "ja-Hira")
    for text in (article.front["title"], article.front["label"], article.front["source"], article.body):
        assert KANJI_WITHOUT_READING.findall(text) == []


def test_a_question_belongs_to_one_article_only() -> None:
    seen: dict[tuple[str, str], str] = {}
    for slug, language in ARTICLES:
        for question in read_article(slug, language).front["questions"]:
            assert seen.setdefault((language, fold(question)), slug) == slug


@pytest.mark.parametrize(("slug", "language"), ARTICLES)
def test_no_article_question_sets_off_an_alarm(slug: str, language: str) -> None:
    for question in read_article(slug, language).front["questions"]:
        assert heard(question) == "", question


@pytest.mark.parametrize("language", SERVED)
def test_other_words_belong_to_articles(language: str) -> None:
    words = read_wordings(CITY / "wordings")[language]
    assert set(words) == {*SLUGS, ELSEWHERE}
    for found in words.values():
        assert len({fold(word) for word in found}) == len(found)


# Phrases


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_have_the_same_keys_and_placeholders_in_every_language(language: str) -> None:
    japanese = flatten(read_toml("phrases/ja.toml"))
    phrases = flatten(read_toml(f"phrases/{language}.toml"))
    assert {key: placeholders(text) for key, text in phrases.items()} == {
        key: placeholders(text) for key, text in japanese.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_fit_and_are_not_empty(language: str) -> None:
    phrases = flatten(read_toml(f"phrases/{language}.toml"))
    for key, text in phrases.items():
        assert 0 < len(text.strip()) <= (20 if key in BUTTONS else 1000), key


def test_easy_japanese_phrases_give_every_kanji_a_reading() -> None:
    for key, text in flatten(read_toml("phrases/ja-Hira.toml")).items():
        assert KANJI_WITHOUT_READING.findall(text) == [], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_emergency_and_urgent_phrases_name_every_number(language: str) -> None:
    phrases = flatten(read_toml(f"phrases/{language}.toml"))
    assert {"119", "110"} <= facts(phrases["emergency.text"], language)
    for spoken in ("Kaji desu", "Kyūkyū desu", "Jiken desu", "Jūsho wa"):
        assert spoken in phrases["emergency.text"]
    hotlines = {"110", "189", "#8008", "120-279-889", "120-279-338"}
    assert hotlines <= facts(phrases["urgent.text"], language)


# Triggers


@pytest.mark.parametrize("language", LANGUAGES)
def test_triggers_are_complete_and_folded(language: str) -> None:
    lists = read_toml(f"triggers/{language}.toml")
    assert set(lists) == TRIGGERS
    for name, phrases in lists.items():
        assert len(phrases) >= (4 if name in BEGINNINGS else 8), name
        assert [fold(phrase) for phrase in phrases] == phrases, name
        assert len(set(phrases)) == len(phrases), name


def test_a_trigger_phrase_means_one_thing_in_all_languages() -> None:
    meanings: dict[str, str] = {}
    for language in LANGUAGES:
        for name, phrases in read_toml(f"triggers/{language}.toml").items():
            for phrase in phrases if name not in BEGINNINGS else ():
                assert meanings.setdefault(phrase, name) == name, (language, phrase)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My house is on fire!!", "emergency"),
        ("please my father is not breathing", "emergency"),
        ("FIRE!", "emergency"),
        ("Socorro!", "emergency"),
        ("minha mãe desmaiou e não está respirando", "emergency"),
        ("父が倒れて意識がないんです", "emergency"),
        ("うちが かじです たすけて", "emergency"),
        ("my husband hits me every night", "urgent"),
        ("my boss took my passport", "urgent"),
        ("a empreiteira não paga desde maio", "urgent"),
        ("eu quero morrer", "urgent"),
        ("もう死にたいです", "urgent"),
        ("かいしゃが パスポートをかえしてくれません", "urgent"),
        ("Quero falar com um atendente", "person"),
        ("人とはなしたいです", "person"),
        ("Thank you!", "thanks"),
        ("はい。", "yes"),
    ],
)
def test_triggers_know_real_cries_and_wishes(text: str, expected: str) -> None:
    assert heard(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "do I need fire insurance for my apartment",
        "what is the number for the fire department",
        "when should I call 119?",
        "how much does an ambulance cost",
        "where can I throw away a gas can",
        "I haven't been paid the child allowance yet",
        "my passport expired, what should I do",
        "horário do corpo de bombeiros",
        "preciso de seguro contra incêndio?",
        "qual o número da ambulância",
        "onde tem curso de idioma japonês",
        "o que faço se eu me machucar no trabalho",
        "quanto custa o botijão de gás",
        "火災保険に入らないといけませんか",
        "消防署の電話番号は",
        "燃えるごみは何曜日ですか",
        "蜂に刺されたときの病院はどこですか",
        "地震で火事になったらどこに逃げますか",
        "もえるごみは いつですか",
        "きゅうきゅうしゃは なんばんですか",
        "パスポートをもっていきますか",
    ],
)
def test_triggers_stay_quiet_on_ordinary_questions(text: str) -> None:
    assert heard(text) == ""


# City, shelters, glossary, demo


def test_city_names_every_place_in_every_language() -> None:
    city = read_toml("city.toml")
    named = [city["name"], city["address"], city["hours"]["text"]]
    named += [place["name"] for place in [*city["departments"].values(), *city["offices"].values()]]
    for names in named:
        assert set(names) == set(SERVED)
        assert KANJI_WITHOUT_READING.findall(names["ja-Hira"]) == []


def test_city_phones_cannot_exist_and_belong_to_one_place() -> None:
    city = read_toml("city.toml")
    phones = [d["phone"] for d in city["departments"].values()]
    assert len(set(phones)) == len(phones)
    for phone in [*phones, *(o["phone"] for o in city["offices"].values())]:
        assert re.fullmatch(r"045-000-1\d{3}", phone)


def test_city_holidays_are_dates_in_order() -> None:
    holidays = read_toml("city.toml")["hours"]["holidays"]
    assert holidays == sorted(set(holidays))
    assert all(isinstance(day, date) for day in holidays)


def test_shelters_are_complete_and_near_the_city() -> None:
    shelters = read_toml("shelters.toml")["shelters"]
    city = read_toml("city.toml")
    assert len({shelter["id"] for shelter in shelters}) == len(shelters) == 8
    for shelter in shelters:
        assert set(shelter["name"]) >= set(LANGUAGES)
        assert set(shelter["address"]) == {"ja", "en"}
        assert abs(shelter["lat"] - city["lat"]) < 0.03
        assert abs(shelter["lon"] - city["lon"]) < 0.03
        assert shelter["capacity"] > 0
        assert shelter["kinds"]
        assert set(shelter["kinds"]) <= {"earthquake", "flood"}
        assert KANJI_WITHOUT_READING.findall(shelter["name"]["ja-Hira"]) == []


def test_glossary_has_a_translation_for_every_term_and_names_it_once() -> None:
    with (CITY / "glossary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "ja",
        "en",
        "pt-BR",
        "also_ja",
        "also_en",
        "forbidden_en",
        "forbidden_pt-BR",
        "note",
    ]
    assert len({row["ja"] for row in rows}) == len(rows) >= 120
    for row in rows:
        assert row["ja"], row
        assert row["en"], row
        assert row["pt-BR"], row
        assert None not in row, row
        for language in ("en", "pt-BR"):
            forbidden = [word for word in row[f"forbidden_{language}"].split(";") if word]
            assert all(word.lower() not in row[language].lower() for word in forbidden), row


def test_demo_people_belong_to_the_city() -> None:
    demo = read_toml("demo.toml")
    departments = read_toml("city.toml")["departments"]
    assert {resident["language"] for resident in demo["residents"]} == {"ja-Hira", "en", "pt-BR"}
    assert {clerk["department"] for clerk in demo["staff"]} <= set(departments)
    assert {person["role"] for person in demo["staff"]} == {"staff", "interpreter"}
    for people in (demo["residents"], demo["staff"]):
        assert len({person["id"] for person in people}) == len(people)


def test_saved_replies_are_written_in_every_language_with_the_same_facts() -> None:
    for reply in read_toml("replies.toml")["replies"]:
        texts = reply["text"]
        assert set(texts) == set(LANGUAGES)
        assert {language: facts(text, language) for language, text in texts.items()} == dict.fromkeys(
            LANGUAGES, facts(texts["ja"], "ja")
        )
        assert KANJI_WITHOUT_READING.findall(texts["ja-Hira"]) == []


# Evaluation questions


def test_evaluation_has_at_least_forty_questions_in_every_language() -> None:
    rows = evaluation_rows()
    assert {tag for tag, _, _ in rows} == set(SERVED)
    for language in SERVED:
        assert sum(tag == language for tag, _, _ in rows) >= 40


def test_evaluation_labels_are_known_and_every_article_is_asked_for() -> None:
    labels = [label for _, _, label in evaluation_rows()]
    assert set(labels) == set(SLUGS) | OUTCOMES


def test_evaluation_does_not_repeat_a_question_of_an_article() -> None:
    known = {fold(q) for slug, tag in ARTICLES for q in read_article(slug, tag).front["questions"]}
    texts = [(tag, fold(text)) for tag, text, _ in evaluation_rows()]
    assert len(set(texts)) == len(texts)
    assert known & {text for _, text in texts} == set()


def test_evaluation_alarms_are_set_off_and_ordinary_questions_are_not() -> None:
    talk = {"hello", "thanks", "bye"}
    for _, text, label in evaluation_rows():
        found = heard(text)
        found = "smalltalk" if found in talk else found
        if found == "person" and label in TALKING:
            continue
        assert found == (label if label in OUTCOMES - {"none"} else ""), text


def test_no_reading_in_easy_japanese_holds_kanji() -> None:
    texts = [read_article(slug, "ja-Hira").body for slug in SLUGS]
    texts += flatten(read_toml("phrases/ja-Hira.toml")).values()
    for text in texts:
        assert [r for r in READING.findall(text) if re.search(r"[一-龥]", r)] == []
