"""The shipped forms and phrases, and what `madoguchi forms check` finds in faulty ones."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import regex
from click.testing import CliRunner

from bot.city import City
from bot.forms.checking import check_forms, warnings
from bot.forms.commands import COMMANDS
from bot.forms.model import Form
from bot.forms.reading import read_forms
from bot.replies import LABEL_GRAPHEMES
from bot.triggers import normalise
from config.commands.forms import forms as command
from core.errors import InvalidInput
from core.words import flatten
from tests.bot.conftest import CITY
from tests.bot.forms.conftest import LANGUAGES, NOW

GOOD = """
department = "waste"
prefix = "Z"

[[fields]]
id = "kind"
kind = "choice"
options = ["one", "two"]

[[fields]]
id = "day"
kind = "date"
ahead_days = 10
"""
TEXTS: dict[str, Any] = {
    "title": "T",
    "intro": "I",
    "done": "D",
    "words": ["begin"],
    "kind": {"label": "K", "ask": "K?", "one": "1st", "two": "2nd"},
    "day": {"label": "D", "ask": "D?"},
}


def write(
    folder: Path, structure: str = GOOD, *, name: str = "test", without: str = "", **texts: Any
) -> Path:
    lines = [structure]
    for tag in LANGUAGES:
        if tag != without:
            lines.append(f"[{tag}]")
            for key, value in {**TEXTS, **texts}.items():
                shown = (
                    "{ " + ", ".join(f"{one} = {json.dumps(word)}" for one, word in value.items()) + " }"
                    if isinstance(value, dict)
                    else json.dumps(value)
                )
                lines.append(f"{key} = {shown}")
    (folder / f"{name}.toml").write_text("\n".join(lines), "utf-8")
    return folder


def found(folder: Path, city: City) -> list[str]:
    forms = read_forms(folder, LANGUAGES, {})
    return [mistake.sentence for mistake in check_forms(forms, city, today=NOW.date())]


def test_shipped_forms_have_no_mistakes(city: City, forms: dict[str, Form]) -> None:
    assert check_forms(forms, city, today=NOW.date()) == []
    assert len(forms) == 7


def test_phrases_are_the_same_in_every_language() -> None:
    keys = {
        tag: set(flatten(tomllib.loads((CITY / "phrases" / "form" / f"{tag}.toml").read_text("utf-8"))))
        for tag in LANGUAGES
    }
    assert {tag: found ^ keys["ja"] for tag, found in keys.items()} == {tag: set() for tag in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_buttons_fit_into_a_quick_reply(city: City, language: str) -> None:
    buttons = [key for key in city.phrases.keys(language) if key.startswith("form.button.")]
    long = [
        key for key in buttons if len(regex.findall(r"\X", city.phrases.get(language, key))) > LABEL_GRAPHEMES
    ]
    assert (len(buttons) > 15, long) == (True, [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_those_of_the_japanese(city: City, language: str) -> None:
    def holes(tag: str, key: str) -> set[str]:
        return set(regex.findall(r"\{(\w+)\}", city.phrases.get(tag, key)))

    keys = [key for key in city.phrases.keys("ja") if key.startswith("form.") and ".words." not in key]
    assert {key for key in keys if holes(language, key) != holes("ja", key)} == set()


def test_words_of_one_command_mean_no_other(city: City) -> None:

    seen: dict[str, str] = {}
    for tag in LANGUAGES:
        for command_name in COMMANDS:
            for word in city.phrases.list(tag, f"form.words.{command_name}"):
                assert seen.setdefault(normalise(word), command_name) == command_name, word


def test_good_form_has_no_mistakes(tmp_path: Path, city: City) -> None:
    assert found(write(tmp_path), city) == []


def test_missing_language_is_found(tmp_path: Path, city: City) -> None:
    assert found(write(tmp_path, without="vi"), city) == [
        "“title” is missing in vi.",
        "“intro” is missing in vi.",
        "“done” is missing in vi.",
        "“words” is missing in vi: nobody can begin the form by writing.",
        "“kind.label” is missing in vi.",
        "“kind.ask” is missing in vi.",
        "“kind.one” is missing in vi.",
        "“kind.two” is missing in vi.",
        "“day.label” is missing in vi.",
        "“day.ask” is missing in vi.",
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('"waste"', '"nobody"'), "The department “nobody” is not in city.toml."),
        (
            ("ahead_days = 10", "earliest_days = 20\nahead_days = 10"),
            "The bounds are impossible: from 20 to 10 days ahead.",
        ),
        (("ahead_days = 10", "ahead_days = 400"), "“ahead_days” is more than a year."),
        (("ahead_days = 10", "days = [8]"), "Weekdays are numbers from 1 (Monday) to 7."),
        (("ahead_days = 10", "days = [8]"), "No day can be chosen."),
        (
            ("ahead_days = 10", 'pool = "place"'),
            "“pool” names “place”, which is no choice that is asked before.",
        ),
        (
            ("ahead_days = 10", 'days_by = "kind"\ndays = { one = [1] }'),
            "“days” and the options of “kind” differ in “two”.",
        ),
        (
            ('kind = "date"\nahead_days = 10', 'kind = "slot"'),
            "A slot needs times; a day without times is a date.",
        ),
        (
            ("ahead_days = 10", "when = \"kind == 'three'\""),
            "“when” compares “kind” with three, which nobody can answer.",
        ),
        (
            ("ahead_days = 10", "when = \"later == 'x'\""),
            "“when” names “later”, which is not asked before: the question is never reached.",
        ),
        (
            ('kind = "date"\nahead_days = 10', 'kind = "number"\nleast = 5\nmost = 1'),
            "The bounds are impossible: least 5, most 1.",
        ),
        (('["one", "two"]', "[]"), "There is nothing to choose from."),
        (('["one", "two"]', '["one", "one"]'), "Two options have the same id."),
        (('prefix = "Z"', 'prefix = "Z"\nseats = "kind"'), "“kind” is no field with a number."),
    ],
)
def test_mistake_is_found(tmp_path: Path, city: City, change: tuple[str, str], sentence: str) -> None:
    assert change[0] in GOOD
    assert sentence in found(write(tmp_path, GOOD.replace(*change)), city)


def test_words_that_begin_two_forms_are_found(tmp_path: Path, city: City) -> None:
    write(tmp_path)
    write(tmp_path, GOOD.replace('"Z"', '"Y"'), name="other")
    assert "“begin” begins the form “other” already." in found(tmp_path, city)


def test_cut_label_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, kind={**TEXTS["kind"], "one": "x" * 21})
    sentences = [one.sentence for one in warnings(read_forms(tmp_path, LANGUAGES, {}))]
    assert len(sentences) == len(LANGUAGES)


@pytest.mark.parametrize(
    "change",
    [
        ('department = "waste"\n', ""),
        ('"choice"', '"riddle"'),
        ("ahead_days = 10", "colour = 10"),
        ("ahead_days = 10", 'when = "kind > 3"'),
        ("ahead_days = 10", "times = { from = 09:00:00, to = 10:00:00, every = 0 }"),
        ('id = "day"', 'id = "kind"'),
        ("ahead_days = 10", 'ahead_days = "many"'),
        ("[[fields]]", "[[fields]"),
    ],
)
def test_faulty_file_is_refused_with_a_sentence(tmp_path: Path, change: tuple[str, str]) -> None:
    assert change[0] in GOOD
    write(tmp_path, GOOD.replace(*change))
    with pytest.raises(InvalidInput):
        read_forms(tmp_path, LANGUAGES, {})


def test_same_prefix_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, name="other")
    with pytest.raises(InvalidInput):
        read_forms(tmp_path, LANGUAGES, {})


def test_city_without_forms_has_none(tmp_path: Path) -> None:
    assert read_forms(tmp_path / "nothing", LANGUAGES, {}) == {}


def test_times_are_written_as_a_span(forms: dict[str, Form]) -> None:
    slot = forms["hospital-interpreter"].field("slot")
    assert slot is not None
    assert [f"{time:%H:%M}" for time in slot.rule.times][:3] == ["09:00", "09:30", "10:00"]
    assert f"{slot.rule.times[-1]:%H:%M}" == "16:00"


def test_language_choice_has_the_languages_own_names(forms: dict[str, Form]) -> None:
    language = forms["video-consultation"].field("language")
    assert language is not None
    assert {option.id: option.texts["en"] for option in language.options}["vi"] == "Tiếng Việt"


def test_command_prints_the_forms_as_json() -> None:
    result = CliRunner().invoke(command, ["check", "--json"])
    assert result.exit_code == 0
    assert [form["id"] for form in json.loads(result.output)["forms"]][0] == "certificate-request"


def test_command_fails_with_the_mistakes(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace('"waste"', '"nobody"'))
    result = CliRunner().invoke(command, ["check", "--folder", str(tmp_path)])
    assert "test: The department “nobody” is not in city.toml." in result.output
    assert isinstance(result.exception, InvalidInput)
