"""What a tried sentence became: marks, chips and who made it."""

from __future__ import annotations

from typing import Any

import pytest

from translation.facts import find
from translation.glossary import GlossaryCheck, parse_glossary
from translation.makers import maker_of
from translation.model import Translation
from translation.web.trials import Mark, Piece, describe, make_trial, pieces

SOURCE = "窓口は1月31日までです。"
TERMS, _ = parse_glossary("ja,en,forbidden_en\n窓口,counter,window\n市役所,city hall,\n")


def translation(text: str = "The counter is open until January 31.", **changes: Any) -> Translation:
    return Translation(
        **{
            "text": text,
            "source_text": SOURCE,
            "source": "ja",
            "target": "en",
            "route": ("ja", "en"),
            "engine": "argos",
            "confidence": 0.83,
            "flags": (),
            "kept": find(SOURCE, "ja"),
            "lost": (),
            **changes,
        }
    )


def check(made: Translation) -> GlossaryCheck:
    return TERMS.check(made.source_text, made.text, "ja", "en")


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("memory", "human"),
        ("phrases", "human"),
        ("memory+phrases", "human"),
        ("memory+argos", "partly_human"),
        ("argos+firefox", "machine"),
        ("none", "unchanged"),
        ("none+memory", "human"),
        ("", "unchanged"),
    ],
)
def test_engine_says_who_translated(engine: str, expected: str) -> None:
    assert maker_of(engine) == expected


def test_text_without_marks_is_one_piece() -> None:
    assert pieces("abc", []) == (Piece(text="abc"),)


def test_empty_text_has_no_pieces() -> None:
    assert pieces("", [Mark(start=0, end=1, kind="fact")]) == ()


def test_marks_at_both_ends_leave_no_empty_pieces() -> None:
    marks = [Mark(start=0, end=1, kind="fact"), Mark(start=2, end=3, kind="term")]
    assert pieces("abc", marks) == (
        Piece(text="a", kind="fact"),
        Piece(text="b"),
        Piece(text="c", kind="term"),
    )


def test_first_of_overlapping_marks_counts() -> None:
    marks = [Mark(start=2, end=4, kind="fact"), Mark(start=0, end=3, kind="term")]
    assert pieces("abcd", marks) == (Piece(text="ab"), Piece(text="cd", kind="fact"))


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2), (1, 9)])
def test_mark_that_is_no_stretch_of_the_text_is_left_out(start: int, end: int) -> None:
    assert pieces("abc", [Mark(start=start, end=end, kind="fact")]) == (Piece(text="abc"),)


def test_facts_and_terms_are_marked_in_both_texts() -> None:
    made = translation()
    trial = make_trial(made, check(made))
    assert [(piece.kind, piece.text) for piece in trial.source_pieces if piece.kind] == [
        ("term", "窓口"),
        ("fact", "1月31日"),
    ]
    assert [(piece.kind, piece.text) for piece in trial.target_pieces if piece.kind] == [
        ("term", "counter"),
        ("fact", "January 31"),
    ]
    assert "".join(piece.text for piece in trial.target_pieces) == made.text


def test_forbidden_wording_is_marked_and_named_first() -> None:
    made = translation("The window is open until January 31.")
    trial = make_trial(made, check(made))
    assert ("forbidden", "window") in [(piece.kind, piece.text) for piece in trial.target_pieces]
    assert [(chip.text, chip.style, chip.word) for chip in trial.terms] == [
        ("window", "urgent", "forbidden"),
        ("窓口", "waiting", "term_lost"),
    ]


def test_lost_fact_is_named_before_the_kept_ones() -> None:
    facts = find("1月31日に2月1日", "ja")
    made = translation(source_text="1月31日に2月1日", kept=facts[:1], lost=facts[1:])
    chips = make_trial(made, GlossaryCheck()).facts
    assert [(chip.text, chip.style, chip.becomes) for chip in chips] == [
        ("2月1日", "urgent", ""),
        ("1月31日", "done", "January 31"),
    ]


@pytest.mark.parametrize(
    ("confidence", "level", "percent"),
    [(0.8, "high", 80), (0.79, "ok", 79), (0.5, "ok", 50), (0.4, "low", 40)],
)
def test_confidence_is_said_in_words(confidence: float, level: str, percent: int) -> None:
    trial = make_trial(translation(confidence=confidence), GlossaryCheck())
    assert (trial.level, trial.percent) == (level, percent)


def test_text_is_in_the_language_in_which_the_route_ends() -> None:
    made = translation(target="ja-Hira", route=("ja",), text=SOURCE, engine="none")
    assert make_trial(made, GlossaryCheck()).target == "ja"


def test_json_has_the_names_of_the_command() -> None:
    made = translation()
    assert describe(made, check(made)) == {
        "text": made.text,
        "source_text": SOURCE,
        "route": ["ja", "en"],
        "engine": "argos",
        "confidence": 0.83,
        "flags": [],
        "facts": {"kept": [{"kind": "date", "text": "1月31日", "value": "--01-31"}], "lost": []},
        "terms": {"kept": [{"text": "窓口", "expected": ["counter"]}], "lost": [], "forbidden": []},
    }
