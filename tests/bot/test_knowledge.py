"""Finding the article: the pieces, and the labelled questions on the real city."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.city import Article, City
from bot.knowledge import ELSEWHERE, VECTORS, Calibration, Knowledge, SearchOptions, judge, read_wordings
from bot.knowledge.borders import PENALTY, learn_borders
from bot.knowledge.meaning import Meaning
from bot.knowledge.spelling import Readings, devanagari_in_latin, fold, grams, romaji
from bot.knowledge.vectors import key, read_vectors, write_vectors
from bot.knowledge.words import Text, WordEvidence
from bot.model import Findings
from core.errors import InvalidInput
from tests.bot.conftest import CITY

# What is promised on questions that nothing was fitted on.
FIRST, THREE, WRONG, SURE = 0.85, 0.95, 0.03, 0.6
THREE_EACH = 0.93  # in each language, where a question is nearly two points
PLAIN = Calibration(meaning=0.0, words=1.0, start=-2.0, ahead=1.0, near=0.0, said=0.5)
OPTIONS = SearchOptions(words_only=PLAIN, sure=0.8, candidate=0.3, nothing=0.6)
NO_READINGS = Readings()


def article(
    slug: str,
    title: str,
    *questions: str,
    body: str = "x",
    language: str = "ja",
    valid_until: dt.date = dt.date(2027, 3, 31),
) -> Article:
    return Article(
        slug=slug,
        language=language,
        title=title,
        label=title,
        department="d",
        source="s",
        updated=dt.date(2026, 10, 1),
        valid_until=valid_until,
        reviewed_by="r",
        questions=questions,
        body=body,
    )


# Spelling


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＢＣ", "abc"),
        ("ごみ", "ゴミ"),
        ("ﾊﾞｽ", "ばす"),
        ("Não é", "nao e"),
        ("lixo,  orgânico!", "LIXO ORGANICO"),
        ("đăng ký", "dang ky"),
        ("が", "か\u3099"),
    ],
)
def test_two_spellings_of_one_word_fold_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("は", "ぱ"), ("lixo", "luxo"), ("का", "कि")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("じゅうみんひょう", "juminhyo"),
        ("てんしゅつとどけ", "tenshutsutodoke"),
        ("けっこん", "kekkon"),
        ("がっこう", "gakko"),
        ("にゅうかん", "nyukan"),
        ("すーぱー", "supa"),
    ],
)
def test_kana_is_written_in_latin_letters_as_people_type_it(kana: str, latin: str) -> None:
    assert romaji(kana) == latin


@pytest.mark.parametrize(
    ("word", "latin"), [("कसरी", "kasari"), ("गर्ने", "garne"), ("फोहोर", "phohor"), ("घर", "ghar")]
)
def test_nepali_is_written_in_latin_letters(word: str, latin: str) -> None:
    assert devanagari_in_latin(word) == latin


def test_readings_are_learned_from_easy_japanese_and_the_longest_word_wins() -> None:
    readings = Readings(["住所（じゅうしょ）に住（す）む", "所（ところ）"])
    assert readings.kana("住所と所に住む") == "じゅうしょとところにすむ"
    assert readings.kana("税") == "税"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("住民票", "じゅうみんひょう"),
        ("住民票", "juminhyo"),
        ("ジュウミンヒョウ", "juuminhyou"),
        ("じゅうみんひょう", "じゅう みん ひょう"),
        ("फोहोर", "fohor"),
        ("कसरी", "kasaree"),
        ("쓰레기 버리기", "쓰레기버리기"),
        ("住民票（じゅうみんひょう）", "住民票"),
    ],
)
def test_spellings_of_one_word_have_grams_in_common(one: str, other: str) -> None:
    readings = Readings(["住民票（じゅうみんひょう）"])
    assert grams(one, readings) & grams(other, readings)


def test_grams_of_kanji_are_pairs_and_of_words_three_to_five_letters_with_edges() -> None:
    assert set(grams("住民票", NO_READINGS)) == {"住民", "民票"}
    assert set(grams("税", NO_READINGS)) == {"税"}
    assert {gram for gram in grams("tax", NO_READINGS) if ":" not in gram} == {
        "^ta", "tax", "ax$", "^tax", "tax$", "^tax$",
    }  # fmt: skip
    assert grams("", NO_READINGS) == {}


@given(st.text())
def test_any_text_has_grams_that_can_be_kept_in_lines(text: str) -> None:
    assert all("\n" not in gram for gram in grams(text, NO_READINGS))


# Words


def learned(*texts: str) -> WordEvidence:
    return WordEvidence.learn([Text(at, text) for at, text in enumerate(texts)], len(texts), NO_READINGS)


@pytest.mark.parametrize(
    ("question", "best"),
    [("税金の納付について", 1), ("保険", 2), ("粗大", 0)],
)
def test_a_japanese_word_of_two_characters_is_evidence(question: str, best: int) -> None:
    words = learned("粗大ごみの出し方", "住民税の納付", "国民健康保険")
    assert int(np.argmax(words.scores(question))) == best


def test_a_typing_error_is_forgiven() -> None:
    words = learned("certificate of residence", "seal registration", "child allowance")
    assert int(np.argmax(words.scores("certifcate of residance"))) == 0


@pytest.mark.parametrize("question", ["", "住民票", "!?"])
def test_unknown_words_are_no_evidence(question: str) -> None:
    assert list(learned("moving out", "garbage").scores(question)) == [0.0, 0.0]


def test_a_word_that_all_articles_have_decides_nothing() -> None:
    words = learned("city moving", "city leaving")
    common, own = words.scores("city"), words.scores("moving")
    assert common[0] == pytest.approx(common[1], abs=0.6)
    assert own[0] - own[1] > 2


@given(st.text())
def test_evidence_of_any_text_is_finite(text: str) -> None:
    assert np.isfinite(learned("moving out", "ごみの出し方", "não sei").scores(text)).all()


def test_text_with_less_weight_is_weaker_evidence() -> None:
    strong = WordEvidence.learn([Text(0, "garbage"), Text(1, "moving")], 2, NO_READINGS)
    weak = WordEvidence.learn([Text(0, "garbage", 0.1), Text(1, "moving")], 2, NO_READINGS)
    assert strong.scores("garbage")[0] > weak.scores("garbage")[0]


def test_no_texts_are_no_evidence() -> None:
    assert list(WordEvidence.learn([], 2, NO_READINGS).scores("x")) == [0.0, 0.0]


# Meaning


def two_articles(question: Sequence[float]) -> Any:
    """Two articles in two languages: the first number is the language (and differs most), the second the topic."""
    vectors = np.array([[0.9, 0.1], [-0.9, 0.1], [0.9, -0.1], [-0.9, -0.1]], dtype=np.float32)
    made = Meaning(vectors, np.array([0, 0, 1, 1]), 2)
    return made.scores(np.array(question, dtype=np.float32), nearest=1)


def test_what_differs_within_articles_counts_less_than_what_tells_them_apart() -> None:
    near, far = two_articles([0.9, 0.05])
    assert near - far > 0.02  # 0.012 before the whitening


def test_question_between_articles_is_as_near_to_one_as_to_the_other() -> None:
    near, far = two_articles([0.9, 0.0])
    assert near == pytest.approx(far, abs=1e-5)


def test_texts_that_are_all_alike_can_be_compared() -> None:
    same = np.ones((3, 2), dtype=np.float32)
    made = Meaning(same, np.array([0, 1, 1]), 2)
    assert np.isfinite(made.scores(same[0], nearest=3)).all()


def test_article_without_a_text_is_as_near_as_its_border_says() -> None:
    vectors = np.eye(2, dtype=np.float32)
    found = Meaning(vectors, np.array([0, 1]), 3).scores(vectors[0], nearest=5)
    assert int(np.argmax(found)) == 0
    assert np.isfinite(found).all()


# Borders


def circle(*degrees: float) -> Any:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_border_places_what_no_text_says_on_the_side_of_its_article() -> None:
    weights = learn_borders(circle(0, 20, 40, 180, 200, 220), np.array([0, 0, 0, 1, 1, 1]), 2)
    assert list((circle(-30, 60, 150, 250) @ weights).argmax(axis=1)) == [0, 0, 1, 1]


def test_borders_favour_no_article_altogether() -> None:
    weights = learn_borders(circle(0, 20, 180, 90), np.array([0, 0, 1, 2]), 3)
    assert weights.sum(axis=1) == pytest.approx(np.zeros(2), abs=1e-4)


def test_learning_ends_near_the_best_borders() -> None:
    draw = np.random.default_rng(3)
    article = np.arange(300) % 5
    texts = draw.normal(size=(5, 12))[article] + draw.normal(size=(300, 12))
    texts = (texts / np.linalg.norm(texts, axis=1, keepdims=True)).astype(np.float32)
    weights = learn_borders(texts, article, 5)

    def slope(at: Any) -> float:
        powers = np.exp(texts @ at)
        error = powers / powers.sum(axis=1, keepdims=True) - np.eye(5)[article]
        return float(np.abs(texts.T @ error / len(texts) + PENALTY * at).max())

    assert slope(weights) < slope(0 * weights) / 10
    assert np.mean((texts @ weights).argmax(axis=1) == article) > 0.8


def test_borders_of_one_article_are_nothing() -> None:
    assert not learn_borders(circle(0, 90), np.array([0, 0]), 1).any()


# Judging


def judged(scores: Mapping[str, float], options: SearchOptions = OPTIONS) -> Any:
    return judge(list(scores), None, np.array(list(scores.values())), options)


@pytest.mark.parametrize(
    ("scores", "sure", "candidates"),
    [
        ({}, "", ()),
        ({"a": 0.1, "b": 0.0}, "", ()),
        ({"a": 1.5, "b": 0.9}, "", ("a", "b")),
        ({"a": 3.0, "b": 0.5}, "a", ("a", "b")),
        ({"a": 4.0, "b": 3.8}, "", ("a", "b")),
        ({"b": 2.0, "a": 2.0}, "", ()),
        ({"a": 5.0, "b": 1.0, "c": 0.5, "d": 0.4}, "a", ("a", "b", "c")),
        ({"a": 5.0, ELSEWHERE: 1.0, "c": 0.5, "d": 0.4}, "a", ("a", "c", "d")),
        ({"a": 1.0, ELSEWHERE: 5.0}, "", ()),
        ({"a": 3.0, ELSEWHERE: 3.5}, "", ("a",)),
    ],
)
def test_decision_follows_the_thresholds(
    scores: dict[str, float], sure: str, candidates: tuple[str, ...]
) -> None:
    found = judged(scores)
    assert (found.sure, found.candidates) == (sure, candidates)


def test_score_of_a_match_is_its_chance() -> None:
    first, second = judged({"a": 2.0, "b": 1.0}).matches
    assert first.score == pytest.approx(1 / (1 + math.exp(-(-2 + 1 + 1))), abs=1e-4)
    assert second.score == pytest.approx(first.score * math.exp(-1), abs=1e-4)


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.floats(-20, 20), max_size=8))
def test_what_is_sure_is_always_the_first_candidate(scores: dict[str, float]) -> None:
    found = judged(scores)
    assert not found.sure or found.candidates[0] == found.sure
    assert len(found.candidates) <= 3
    assert [match.slug for match in found.matches[: len(found.candidates)]] == list(found.candidates)
    assert all(0 <= match.score <= 1 for match in found.matches)


# Searching without an embedder


async def test_without_an_embedder_the_words_find_the_article() -> None:
    made = Knowledge(
        [article("moving", "引っ越しの届け出", "引っ越しました"), article("tax", "住民税", "税金を払いたい")],
        None,
    )
    await made.open()
    assert (await made.find("引っ越し")).matches[0].slug == "moving"
    made.close()


@pytest.mark.parametrize("question", ["", "   ", "\n", "12345 67", "?!", "👍"])
async def test_empty_question_finds_nothing(question: str) -> None:
    made = Knowledge([article("moving", "引っ越し")], None)
    assert (await made.find(question)).matches == ()
    made.close()


async def test_city_without_articles_finds_nothing() -> None:
    made = Knowledge([], None)
    await made.open()
    assert (await made.find("ごみ")).candidates == ()
    made.close()


async def test_only_the_beginning_of_a_long_question_is_looked_at() -> None:
    made = Knowledge(
        [article("moving", "引っ越し"), article("tax", "住民税")], None, options=SearchOptions(max_question=4)
    )
    assert (await made.find("引っ越し住民税住民税住民税")).matches[0].slug == "moving"
    made.close()


# Keeping the index


class CountingEmbedder:
    """Vectors by length of the text; counts what it is asked for."""

    def __init__(self, name: str = "counting") -> None:
        self.name = name
        self.asked = 0

    def query(self, text: str) -> Any:
        return np.array([1.0, 0.0], dtype=np.float32)

    def passages(self, texts: Sequence[str]) -> Any:
        self.asked += len(texts)
        return np.array([[1.0, 0.0] for _ in texts], dtype=np.float32)


async def opened(folder: Path, embedder: CountingEmbedder, *titles: str) -> None:
    made = Knowledge([article(title, title) for title in titles], embedder, cache_dir=folder)
    await made.open()
    made.close()


async def test_index_is_built_once_and_read_from_its_file_afterwards(tmp_path: Path) -> None:
    first, second = CountingEmbedder(), CountingEmbedder()
    await opened(tmp_path, first, "a", "b")
    await opened(tmp_path, second, "a", "b")
    assert (first.asked > 0, second.asked) == (True, 0)


async def test_only_new_texts_are_embedded_after_an_article_changed(tmp_path: Path) -> None:
    first, again = CountingEmbedder(), CountingEmbedder()
    await opened(tmp_path, first, "a", "b")
    await opened(tmp_path, again, "a", "c")
    assert 0 < again.asked < first.asked


async def test_another_model_embeds_everything_anew(tmp_path: Path) -> None:
    first, other = CountingEmbedder(), CountingEmbedder("another")
    await opened(tmp_path, first, "a", "b")
    await opened(tmp_path, other, "a", "b")
    assert other.asked == first.asked


async def test_texts_that_were_shipped_with_their_vectors_are_not_embedded(tmp_path: Path) -> None:
    counting = CountingEmbedder()
    made = Knowledge([article("a", "a")], counting)
    write_vectors(tmp_path / VECTORS, made.vectors())
    made.close()
    asked = counting.asked
    second = Knowledge([article("a", "a")], counting, shipped=tmp_path / VECTORS)
    await second.open()
    second.close()
    assert (asked > 0, counting.asked) == (True, asked)


def some_vectors(dimensions: int = 384) -> dict[str, Any]:
    """As embeddings are: far more alike than different."""
    table = np.random.default_rng(7).normal(size=(20, dimensions)) + 2
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    return {key(str(at)): row for at, row in enumerate(table.astype(np.float32))}


@pytest.mark.parametrize("dimensions", [384, 7])
def test_vectors_come_back_from_their_file_nearly_as_they_were(tmp_path: Path, dimensions: int) -> None:
    written = some_vectors(dimensions)
    write_vectors(tmp_path / "v.npz", written)
    read = read_vectors(tmp_path / "v.npz")
    assert list(read) == list(written)
    apart = np.stack(list(written.values())) - np.stack(list(written.values())).mean(axis=0)
    step = np.abs(apart).max() / 7
    assert max(float(np.abs(read[name] - row).max()) for name, row in written.items()) <= step / 2 + 1e-6


def test_vectors_take_half_a_byte_for_each_number(tmp_path: Path) -> None:
    many = {key(str(at)): row for at, row in enumerate(np.eye(384, dtype=np.float32))}
    write_vectors(tmp_path / "v.npz", many)
    assert (tmp_path / "v.npz").stat().st_size < 384 * (384 / 2 + 40)


def test_vectors_that_are_read_and_written_again_stay_what_they_are(tmp_path: Path) -> None:
    file = tmp_path / "v.npz"
    write_vectors(file, some_vectors())
    first = read_vectors(file)
    kept = dict(list(first.items())[:5])  # the others' texts are gone, which would move the middle
    write_vectors(file, kept)
    again = read_vectors(file)
    assert max(float(np.abs(again[name] - row).max()) for name, row in kept.items()) < 1e-6


def test_middle_of_vectors_from_another_model_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "v.npz"
    write_vectors(file, some_vectors(16))
    write_vectors(file, some_vectors(8))
    assert {len(row) for row in read_vectors(file).values()} == {8}


def test_missing_and_damaged_files_of_vectors_hold_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(b"PK nothing")
    assert read_vectors(tmp_path / "none.npz") == read_vectors(tmp_path / "bad.npz") == {}


async def test_words_are_counted_anew_when_a_text_changed(tmp_path: Path) -> None:
    for question in ("pizza", "sushi"):
        made = Knowledge([article("a", "tax"), article("b", question)], None, cache_dir=tmp_path)
        assert (await made.find(question)).matches[0].slug == "b"
        made.close()


async def test_damaged_index_is_made_again(tmp_path: Path) -> None:
    first, again = CountingEmbedder(), CountingEmbedder()
    await opened(tmp_path, first, "a", "b")
    damage(tmp_path)
    await opened(tmp_path, again, "a", "b")
    assert again.asked == first.asked


def damage(folder: Path) -> None:
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[:100])


async def test_progress_of_building_is_told_to_its_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    made = Knowledge([article(str(n), str(n)) for n in range(20)], CountingEmbedder(), cache_dir=tmp_path)
    await made.open(lambda done, total: told.append((done, total)))
    made.close()
    assert told[-1][0] == told[-1][1]
    assert told == sorted(told)


# Other words, dates


def wordings(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "en.toml").write_text(text, "utf-8")
    return folder


async def test_other_words_find_an_article_that_lacks_them(tmp_path: Path) -> None:
    words = read_wordings(wordings(tmp_path / "w", 'tax = ["juminzei bill"]\n'))
    made = Knowledge([article("tax", "住民税"), article("moving", "引っ越し")], None, wordings=words)
    assert (await made.find("juminzei")).matches[0].slug == "tax"
    made.close()


async def test_what_no_city_answers_finds_nothing(tmp_path: Path) -> None:
    words = read_wordings(wordings(tmp_path / "w", f'{ELSEWHERE} = ["weather forecast", "pizza"]\n'))
    made = Knowledge([article("tax", "tax"), article("moving", "moving")], None, wordings=words)
    found = await made.find("weather forecast")
    assert (found.sure, found.candidates) == ("", ())
    assert ELSEWHERE not in {match.slug for match in found.matches}
    made.close()


@pytest.mark.parametrize("line", ['tax = "word"', "tax = [1]", 'tax = [""]', "tax = 3"])
def test_other_words_that_are_no_list_of_texts_are_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(InvalidInput, match="must be a list of texts"):
        read_wordings(wordings(tmp_path / "w", line))


def test_city_without_other_words_has_none(tmp_path: Path) -> None:
    assert read_wordings(tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    ("today", "policy", "sure", "stale"),
    [
        (dt.date(2027, 3, 31), "say", True, ()),
        (dt.date(2027, 4, 1), "say", True, ("tax",)),
        (dt.date(2027, 4, 1), "doubt", False, ("tax",)),
    ],
)
async def test_article_past_its_date_is_marked_or_doubted(
    today: dt.date, policy: Any, sure: bool, stale: tuple[str, ...]
) -> None:
    options = SearchOptions(words_only=PLAIN, sure=0.5, candidate=0.0, stale=policy)
    later = dt.date(2028, 3, 31)
    made = Knowledge(
        [article("tax", "tax"), article("moving", "moving", valid_until=later)],
        None,
        options=options,
        today=lambda: today,
    )
    found = await made.find("tax")
    assert (found.sure == "tax", found.candidates[0], found.stale) == (sure, "tax", stale)
    made.close()


# The real city


def labelled(name: str) -> list[tuple[str, str, str]]:
    """(language, question, slug or outcome)."""
    with (CITY / "evaluation" / name).open(encoding="utf-8") as file:
        return [(row[0], row[1], row[2]) for row in csv.reader(file, delimiter="\t") if len(row) >= 3]


async def test_shipped_vectors_cover_every_text_of_the_demo_city(knowledge: Knowledge) -> None:
    shipped = read_vectors(CITY / VECTORS)
    assert knowledge.vectors().keys() <= shipped.keys()


async def test_questions_that_nothing_was_fitted_on_find_their_articles(
    city: City, knowledge: Knowledge
) -> None:
    slugs = {slug for slug, _ in city.articles} | {"none"}
    rows = [
        row for name in ("unseen.tsv", "unseen-situations.tsv") for row in labelled(name) if row[2] in slugs
    ]
    first: dict[str, list[bool]] = {}
    three: dict[str, list[bool]] = {}
    wrong: dict[str, list[bool]] = {}
    sure: list[bool] = []
    nothing: list[Findings] = []
    for language, question, slug in rows:
        found = await knowledge.find(question)
        wrong.setdefault(language, []).append(bool(found.sure) and found.sure != slug)
        if slug != "none":
            first.setdefault(language, []).append(found.candidates[:1] == (slug,))
            three.setdefault(language, []).append(slug in found.candidates)
            sure.append(bool(found.sure))
        else:
            nothing.append(found)
    assert len(rows) >= 700
    assert set(first) == set(city.languages)
    assert [tag for tag, hits in first.items() if np.mean(hits) < FIRST] == []
    assert [tag for tag, hits in three.items() if np.mean(hits) < THREE_EACH] == []
    assert [tag for tag, hits in wrong.items() if np.mean(hits) > WRONG] == []
    assert np.mean([hit for hits in three.values() for hit in hits]) >= THREE
    assert np.mean(sure) >= SURE
    assert [found for found in nothing if found.sure] == []


async def test_no_labelled_question_stands_word_for_word_in_an_article(knowledge: Knowledge) -> None:
    known = knowledge.vectors().keys()
    names = ("questions.tsv", "tuning-situations.tsv", "unseen.tsv", "unseen-situations.tsv")
    rows = [row for name in names for row in labelled(name)]
    assert [text for _, text, _ in rows if key(text) in known] == []
    assert len({text for _, text, _ in rows}) == len(rows)


async def test_every_title_finds_its_own_article(city: City, knowledge: Knowledge) -> None:
    missed = []
    for (slug, language), one in city.articles.items():
        if (await knowledge.find(one.title)).candidates[:1] != (slug,):
            missed.append((slug, language))
    assert missed == []


async def test_words_about_a_burst_pipe_are_no_danger(city: City) -> None:
    asked = ["cano estourado", "estourou um cano na cozinha"]  # estourado is near a word of violence
    asked += [text for table in read_wordings(CITY / "wordings").values() for text in table["water-service"]]
    assert [text for text in asked if city.triggers.alarm(text).kind] == []


@pytest.mark.parametrize(
    ("question", "slug"),
    [
        ("ジュウミンヒョウ", "certificate-of-residence"),
        ("juminhyou", "certificate-of-residence"),
        ("sodai gomi", "oversized-garbage"),
        ("ゴミ の ひ いつ", "garbage-calendar"),
        ("gia han visa", "visa-renewal"),
        ("fohor kasari falne", "garbage-sorting"),
    ],
)
async def test_spellings_of_any_kind_find_the_article(knowledge: Knowledge, question: str, slug: str) -> None:
    assert (await knowledge.find(question)).candidates[0] == slug


async def test_question_far_too_long_is_answered(knowledge: Knowledge) -> None:
    assert "garbage-sorting" in (await knowledge.find("ごみの出し方 " * 2000)).candidates
