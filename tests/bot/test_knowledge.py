"""Finding the article: the pieces, and the whole labelled set on the real city."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.city import Article, City
from bot.knowledge import Knowledge, LexicalIndex, SearchOptions, decide, fold, grams
from tests.bot.conftest import CITY

OPTIONS = SearchOptions(sure=0.4, ahead=0.05, candidate=0.25, max_candidates=3)
# What the thresholds promise on the questions that they were chosen with.
RECALL, WRONG = 0.9, 0.03
OUTCOMES = {"none", "emergency", "urgent", "smalltalk", "person"}


def article(slug: str, title: str, *questions: str, body: str = "x", language: str = "ja") -> Article:
    return Article(
        slug=slug,
        language=language,
        title=title,
        label=title,
        department="d",
        source="s",
        updated=dt.date(2026, 10, 1),
        valid_until=dt.date(2027, 3, 31),
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
        ("が", "か\u3099"),
    ],
)
def test_two_spellings_of_one_word_fold_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("は", "ぱ"), ("lixo", "luxo")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


def test_grams_of_japanese_are_pairs_and_of_words_three_or_four_letters_with_edges() -> None:
    assert set(grams("住民票")) == {"住民", "民票"}
    assert set(grams("税")) == {"税"}
    assert set(grams("tax")) == {"^ta", "tax", "ax$", "^tax", "tax$"}
    assert grams("") == {}


# Words


def test_index_finds_a_japanese_word_of_two_characters() -> None:
    index = LexicalIndex(["粗大ごみの出し方", "住民税の納付", "国民健康保険"])
    assert int(np.argmax(index.scores("税金の納付について"))) == 1
    assert int(np.argmax(index.scores("保険"))) == 2


def test_index_forgives_a_typing_error() -> None:
    index = LexicalIndex(["certificate of residence", "seal registration", "child allowance"])
    assert int(np.argmax(index.scores("certifcate of residance"))) == 0


def test_same_text_scores_one_and_a_foreign_one_nothing() -> None:
    index = LexicalIndex(["moving out", "garbage"])
    assert index.scores("moving out")[0] == pytest.approx(1.0)
    assert list(index.scores("住民票")) == [0.0, 0.0]
    assert list(index.scores("")) == [0.0, 0.0]


@given(st.text())
def test_scores_stay_between_nothing_and_one(text: str) -> None:
    scores = LexicalIndex(["moving out", "ごみの出し方", "não sei"]).scores(text)
    assert all(0 <= score <= 1 + 1e-9 for score in scores)


# Deciding


@pytest.mark.parametrize(
    ("scores", "sure", "candidates"),
    [
        ({}, "", ()),
        ({"a": 0.24}, "", ()),
        ({"a": 0.25}, "", ("a",)),
        ({"a": 0.39}, "", ("a",)),
        ({"a": 0.40}, "a", ("a",)),
        ({"a": 0.50, "b": 0.44}, "a", ("a", "b")),
        ({"a": 0.50, "b": 0.46}, "", ("a", "b")),
        ({"b": 0.30, "a": 0.30}, "", ("a", "b")),
        ({"a": 0.5, "b": 0.3, "c": 0.2, "d": 0.1}, "a", ("a", "b")),
        ({"a": 0.30, "b": 0.29, "c": 0.28, "d": 0.27}, "", ("a", "b", "c")),
    ],
)
def test_decision_follows_the_thresholds(
    scores: dict[str, float], sure: str, candidates: tuple[str, ...]
) -> None:
    found = decide(scores, OPTIONS)
    assert (found.sure, found.candidates) == (sure, candidates)


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.floats(0, 1), max_size=8))
def test_what_is_sure_is_always_the_first_candidate(scores: dict[str, float]) -> None:
    found = decide(scores, OPTIONS)
    assert not found.sure or found.candidates[0] == found.sure
    assert len(found.candidates) <= 3
    assert [match.slug for match in found.matches[: len(found.candidates)]] == list(found.candidates)


# Searching without an embedder


async def test_without_an_embedder_the_words_find_the_article() -> None:
    made = Knowledge(
        [article("moving", "引っ越しの届け出", "引っ越しました"), article("tax", "住民税", "税金を払いたい")],
        None,
    )
    await made.open()
    assert (await made.find("引っ越し")).matches[0].slug == "moving"
    made.close()


@pytest.mark.parametrize("question", ["", "   ", "\n"])
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


# The real city


def labelled() -> list[tuple[str, str, str]]:
    """(language, question, slug or outcome)."""
    with (CITY / "evaluation" / "questions.tsv").open(encoding="utf-8") as file:
        return [(row[0], row[1], row[2]) for row in csv.reader(file, delimiter="\t") if len(row) >= 3]


async def test_labelled_questions_find_their_articles(city: City, knowledge: Knowledge) -> None:
    rows = labelled()
    to_articles = [(question, slug) for _, question, slug in rows if slug not in OUTCOMES]
    right, wrong = 0, 0
    for question, slug in to_articles:
        found = await knowledge.find(question)
        right += bool(found.matches and found.matches[0].slug == slug)
        wrong += bool(found.sure and found.sure != slug)
    for _, question, outcome in rows:
        if outcome == "none":
            wrong += bool((await knowledge.find(question)).sure)
    assert len(to_articles) > 150
    assert right / len(to_articles) >= RECALL
    assert wrong / len(rows) <= WRONG


async def test_labelled_danger_and_small_talk_are_heard(city: City) -> None:
    kinds = {"emergency": {"emergency"}, "urgent": {"urgent"}, "person": {"person"}}
    kinds["smalltalk"] = {"hello", "thanks", "bye", "yes", "no", "language", "cancel"}
    missed = [
        (question, outcome)
        for _, question, outcome in labelled()
        if outcome in kinds and city.triggers.find(question) not in kinds[outcome]
    ]
    assert missed == []


@pytest.mark.parametrize("language", ["ja", "ja-Hira", "en", "pt-BR"])
async def test_every_title_finds_its_own_article(city: City, knowledge: Knowledge, language: str) -> None:
    for (slug, tag), one in city.articles.items():
        if tag == language:
            found = await knowledge.find(one.title)
            assert found.matches[0].slug == slug, one.title


async def test_question_in_a_language_without_articles_finds_the_meaning(knowledge: Knowledge) -> None:
    assert (await knowledge.find("¿Cómo tiro un sofá viejo?")).matches[0].slug == "oversized-garbage"


async def test_question_far_too_long_is_answered(knowledge: Knowledge) -> None:
    assert "garbage-sorting" in (await knowledge.find("ごみの出し方 " * 2000)).candidates
