"""`ask` and `knowledge`, on the demo city."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.settings import CITY_DIR
from tests.config.conftest import Madoguchi

QUESTIONS = {
    "How do I throw away an old sofa?": ("en", "article", "oversized-garbage"),
    "Como jogo fora um sofá velho?": ("pt-BR", "article", "oversized-garbage"),
    "Socorro! Tem fogo na minha casa": ("pt-BR", "emergency", None),
    "Obrigado": ("pt-BR", "smalltalk", None),
    "Quero falar com uma pessoa": ("pt-BR", "request", None),
    "おおきな ゴミは どうやって すてますか": ("ja-Hira", "article", "oversized-garbage"),
}


def test_ask_tells_what_the_bot_would_answer(madoguchi: Madoguchi) -> None:
    answer = madoguchi("ask", "How do I throw away an old sofa?", "--json").json

    assert set(answer) == {"kind", "article", "candidates", "language", "text"}
    assert (answer["kind"], answer["article"], answer["language"]) == ("article", "oversized-garbage", "en")
    assert answer["candidates"][0] == "oversized-garbage"
    assert "045-000-1200" in answer["text"]
    assert "Source: Aoba City" in answer["text"]


def test_ask_for_people_prints_the_text(madoguchi: Madoguchi) -> None:
    answer = madoguchi("ask", "Obrigado", "--language", "pt-BR")

    assert answer.lines == ["De nada! Fico feliz em ajudar."]


def test_ask_answers_each_line_of_a_file(madoguchi: Madoguchi, tmp_path: Path) -> None:
    file = tmp_path / "questions.tsv"
    lines = [f"{tag}\t{text}" for text, (tag, _, _) in QUESTIONS.items()]
    file.write_text("# what people ask\n\n" + "\n".join(lines) + "\n", "utf-8")

    answers = madoguchi("ask", "--file", str(file)).json_lines

    assert [(one["language"], one["kind"], one["article"]) for one in answers] == list(QUESTIONS.values())


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        (["ask"], "", "Give a question, or a file with --file."),
        (["ask", "a", "--file", "b"], "", "Give a question, or a file with --file."),
        (["ask", " "], "", "There is no question; write what you would ask the city."),
        (["ask", "--file", "-"], "en\thello\nbad line\n", "Line 2 has no 2 columns separated by tabs."),
        (["knowledge", "evaluate", "nowhere.tsv"], "", "There is no file “nowhere.tsv”."),
        (["knowledge", "evaluate", "-"], "en\thello\n", "Line 1 has no 3 columns separated by tabs."),
    ],
)
def test_what_cannot_be_asked_gets_one_sentence(
    madoguchi: Madoguchi, arguments: list[str], stdin: str, sentence: str
) -> None:
    answer = madoguchi(*arguments, stdin=stdin)

    assert answer.refusal == sentence
    assert answer.out == ""


@pytest.mark.parametrize("arguments", [["ask", "hi", "--language", "xx"], ["ask", "--file", "-"]])
def test_language_that_is_not_served_gets_one_sentence(madoguchi: Madoguchi, arguments: list[str]) -> None:
    assert madoguchi(*arguments, stdin="xx\thi\n").refusal.startswith("The language “xx” is not served")


def test_articles_of_the_demo_city_need_no_attention(madoguchi: Madoguchi) -> None:
    answer = madoguchi("knowledge", "check", "--json", CITY_DIR=str(CITY_DIR))

    assert (answer.code, answer.json["problems"]) == (0, [])
    assert answer.json["articles"] == 48 * 11


def test_check_names_what_needs_attention(madoguchi: Madoguchi, tmp_path: Path) -> None:
    city = tmp_path / "city"
    shutil.copytree(CITY_DIR, city)
    (city / "articles" / "earthquake.pt-BR.md").unlink()

    answer = madoguchi("knowledge", "check", CITY_DIR=str(city))

    assert answer.lines == ["earthquake: not written in pt-BR", "527 texts, 1 problems"]
    assert answer.refusal == "1 things in the articles need somebody's attention."


def test_evaluate_measures_answers(madoguchi: Madoguchi) -> None:
    rows = (
        "en\tHow do I throw away an old sofa?\toversized-garbage\n"
        "pt-BR\tSocorro! Tem fogo na minha casa\temergency\n"
        "pt-BR\tComo jogo fora um sofá velho?\toffice-hours\n"
    )

    result = madoguchi("knowledge", "evaluate", "-", "--json", stdin=rows).json

    right = {"recall_at_1": 1.0, "recall_at_3": 1.0, "wrong_answer_rate": 0.0, "hand_over_rate": 0.0}
    # The city of the test has two articles, so the right one is always among the first three.
    wrong = {"recall_at_1": 0.0, "recall_at_3": 1.0, "wrong_answer_rate": 1.0, "hand_over_rate": 0.0}
    assert result["languages"]["en"] == {"questions": 1, **right}
    assert result["languages"]["pt-BR"] == {"questions": 1, **wrong}
    assert result["languages"]["all"]["questions"] == 2
    assert result["kinds"] == {"emergency": {"questions": 1, "right": 1}}
