"""The command line as people and scripts use it: each test runs the installed command as a process."""

from __future__ import annotations

import json
import subprocess

import pytest

from config.settings import CITY_DIR
from tests.config.conftest import PROGRAM, Madoguchi


def test_help_names_every_command(madoguchi: Madoguchi) -> None:
    answer = madoguchi("--help")

    commands = [line.split()[0] for line in answer.out.partition("Commands:")[2].splitlines() if line.strip()]
    assert answer.code == 0
    assert commands == [
        "ask",
        "caption",
        "db",
        "demo",
        "detect",
        "forms",
        "glossary",
        "knowledge",
        "memory",
        "menus",
        "models",
        "relay-simulator",
        "rtms-simulator",
        "safety",
        "send",
        "serve",
        "settings",
        "transcribe",
        "translate",
        "users",
    ]


def test_version_is_that_of_the_package(madoguchi: Madoguchi) -> None:
    from importlib.metadata import version

    assert madoguchi("--version").out == f"madoguchi, version {version('madoguchi')}\n"


def test_help_loads_nothing_heavy(madoguchi: Madoguchi) -> None:
    script = (
        "import sys, config.commands\n"
        "heavy = ('sqlalchemy', 'aiohttp', 'numpy', 'pydantic', 'ctranslate2', 'faster_whisper', 'onnxruntime')\n"
        "print([name for name in heavy if name in sys.modules])"
    )

    ended = subprocess.run(
        [PROGRAM.parent / "python", "-c", script], capture_output=True, text=True, check=True, timeout=30
    )

    assert ended.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["dance"], "No such command 'dance'."),
        (["translate", "--from", "en", "hi"], "Missing option '--to'."),
        (
            ["serve", "--role", "boss"],
            "Invalid value for '--role': 'boss' is not one of 'all', 'web', 'worker'.",
        ),
    ],
    ids=["unknown command", "missing option", "unknown choice"],
)
def test_wrong_call_gets_one_sentence(madoguchi: Madoguchi, arguments: list[str], sentence: str) -> None:
    answer = madoguchi(*arguments)

    assert answer.code == 2
    assert answer.refusal == sentence
    assert answer.out == ""


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"HTTP__PORT": "many"},
            "The setting MADOGUCHI_HTTP__PORT is not usable: input should be a valid integer, "
            "unable to parse string as an integer.",
        ),
        (
            {"HTTP__PROT": "80"},
            "The setting MADOGUCHI_HTTP__PROT is not usable: extra inputs are not permitted.",
        ),
        ({"CONFIG": "nowhere.toml"}, "There is no settings file “nowhere.toml”; check MADOGUCHI_CONFIG."),
        (
            {"DATABASE_URL": "what is this"},
            "The database's address is not usable; write sqlite:///FILE or postgresql://USER@HOST/NAME.",
        ),
        (
            {"DATABASE_URL": "oracle+nothing://host/name"},
            "The database's address is not usable; write sqlite:///FILE or postgresql://USER@HOST/NAME.",
        ),
        (
            {"DATABASE_URL": "sqlite:////dev/null/city.db"},
            "The database at /dev/null/city.db cannot be opened; check that it exists and may be written to.",
        ),
    ],
    ids=["not a number", "misspelt", "no such file", "no address", "unknown database", "no folder"],
)
def test_wrong_setting_gets_one_sentence(
    madoguchi: Madoguchi, settings: dict[str, str], sentence: str
) -> None:
    answer = madoguchi("users", "list", **settings)

    assert answer.code == 1
    assert answer.refusal == sentence


def test_reader_that_has_seen_enough_ends_the_command_silently(madoguchi: Madoguchi) -> None:
    process = subprocess.Popen(
        [PROGRAM, "detect", "--file", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=madoguchi.folder,
        env=madoguchi.environment,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stdin.write(b"hello\n" * 2000)
    process.stdin.close()
    errors = process.stderr.read()
    process.stderr.close()

    assert (process.wait(30), errors) == (1, b"")


@pytest.mark.story
@pytest.mark.timeout(300)
def test_demo_plays_its_story(madoguchi: Madoguchi) -> None:
    process = subprocess.run(
        [PROGRAM, "demo", "--once", "--json"],
        capture_output=True,
        cwd=madoguchi.folder,
        env=madoguchi.environment | {"MADOGUCHI_CITY_DIR": str(CITY_DIR)},
        timeout=280,
        check=False,
        text=True,
    )
    told = json.loads(process.stdout)

    assert [step["name"] for step in told["steps"] if not step["ok"]] == []
    assert process.returncode == 0
    assert set(told) == {"steps", "captions", "ok"}
    assert [set(step) for step in told["steps"]] == [{"name", "ok", "seconds", "detail"}] * 10
    assert set(told["captions"]) == {"segments", "languages", "wer"}
    assert told["captions"]["languages"] == ["en", "ja", "pt-BR"]
    assert told["ok"] is True
