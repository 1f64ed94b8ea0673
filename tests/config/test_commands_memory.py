"""`memory`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.config.conftest import Madoguchi

FILE = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4">
<header creationtool="T" creationtoolversion="1" segtype="sentence" o-tmf="T" adminlang="en" srclang="EN-US"
 datatype="plaintext"/>
<body>
<tu creationid="MORI" creationdate="20200102T030405Z"><tuv xml:lang="EN-US"><seg>Where is the counter?</seg></tuv>
<tuv xml:lang="ja-JP"><seg>窓口はどこですか。</seg></tuv><tuv xml:lang="de"><seg>Wo?</seg></tuv></tu>
<tu creationid="MT!" creationdate="20210102T030405Z"><tuv xml:lang="en"><seg>Good evening</seg></tuv>
<tuv xml:lang="pt-br"><seg>Boa noite</seg></tuv></tu>
</body>
</tmx>
"""


@pytest.fixture
def file(fresh: Madoguchi) -> Path:
    path = fresh.folder / "office.tmx"
    path.write_text(FILE, "utf-8")
    return path


@pytest.fixture
def filled(fresh: Madoguchi, file: Path) -> Madoguchi:
    """The command with the two units of the file."""
    assert fresh("memory", "import", file).code == 0
    return fresh


def shown(answer: Any) -> list[tuple[str, str, str, str]]:
    return [(unit["source"], unit["target"], unit["source_text"], unit["origin"]) for unit in answer]


def test_import_says_what_was_learnt_and_what_was_skipped(fresh: Madoguchi, file: Path) -> None:
    assert fresh("memory", "import", file).lines == [
        "Read 2 units, learnt 2.",
        "Skipped texts in languages that are not served: de (1).",
    ]
    assert fresh("memory", "import", file).lines[1] == "2 were there already in the same or a newer form."


def test_import_as_json(fresh: Madoguchi, file: Path) -> None:
    assert fresh("memory", "import", file, "--author", "ito", "--json").json == {
        "units": 2,
        "taken": 2,
        "languages_not_served": {"de": 1},
        "too_long": 0,
        "empty": 0,
        "alone": 0,
        "written": 2,
    }


def test_units_are_listed_by_words_and_languages(filled: Madoguchi) -> None:
    counter = ("en", "ja", "Where is the counter?", "human")
    evening = ("en", "pt-BR", "Good evening", "machine")

    assert shown(filled("memory", "list", "--json").json) == [evening, counter]
    assert shown(filled("memory", "list", "窓口", "where", "--json").json) == [counter]
    assert shown(filled("memory", "list", "--to", "pt-BR", "--json").json) == [evening]
    assert shown(filled("memory", "list", "--limit", "1", "--json").json) == [evening]


def test_list_for_people_shows_who_and_where_from(filled: Madoguchi) -> None:
    first, *texts = filled("memory", "list", "counter").lines

    assert first.split("  ")[1:] == ["en→ja", "human", "MORI", "2020-01-02", "tmx:office.tmx"]
    assert texts == ["    Where is the counter?", "    窓口はどこですか。"]


def test_forgotten_unit_is_not_listed(filled: Madoguchi) -> None:
    [unit] = filled("memory", "list", "counter", "--json").json

    assert filled("memory", "forget", unit["id"]).lines == ["Forgotten."]

    assert shown(filled("memory", "list", "--json").json) == [("en", "pt-BR", "Good evening", "machine")]
    assert (
        filled("memory", "forget", unit["id"]).refusal == "There is no such unit in the translation memory."
    )


def test_export_can_be_imported_elsewhere(filled: Madoguchi) -> None:
    before = filled("memory", "list", "--json").json
    out = filled.folder / "out.tmx"

    assert filled("memory", "export", out, "--json").json == {"file": str(out), "units": 2}
    for unit in before:
        filled("memory", "forget", unit["id"])
    assert filled("memory", "import", out).lines == ["Read 2 units, learnt 2."]

    after = filled("memory", "list", "--json").json
    for unit in (*before, *after):
        del unit["id"]
    assert after == before


def test_export_to_stdout_is_the_file_alone(filled: Madoguchi) -> None:
    answer = filled("memory", "export", "-", "--from", "en", "--to", "ja", "--origin", "human")

    assert answer.out.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">')
    assert answer.out.count("<tu ") == 1
    assert answer.out.endswith("</tmx>\n")
    assert answer.err == "Wrote 1 unit.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["import", "none.tmx"], "There is no file “none.tmx”."),
        (["import", "broken.tmx"], "The file ends too early, at line 11; copy it again."),
        (["import", "notes.txt"], "The file is not sound XML: syntax error at line 1."),
        (
            ["list", "--from", "xx"],
            "The language “xx” is not served; use one of ",
        ),
        (["export", "-", "--json"], "With “-” the file itself goes to stdout; leave --json out."),
        (["forget", "nobody"], "There is no such unit in the translation memory."),
    ],
)
def test_what_cannot_be_done_gets_one_sentence(fresh: Madoguchi, arguments: list[str], sentence: str) -> None:
    (fresh.folder / "broken.tmx").write_text(FILE[:-4], "utf-8")
    (fresh.folder / "notes.txt").write_text("a note", "utf-8")

    assert fresh("memory", *arguments).refusal.startswith(sentence)
