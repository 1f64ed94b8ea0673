"""Logs, as a process writes them: each test runs one, because logging is set up once for a whole process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from core.log import PERSONAL_KEYS, drop_personal


def run(script: str, *, json_lines: bool = True, level: str = "INFO") -> str:
    """What a process that logs writes to stderr."""
    head = (
        "import logging\nfrom core.log import get_logger, set_up\n"
        f"set_up(level={level!r}, json={json_lines})\nlog = get_logger('desk')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd(), "PYTHONIOENCODING": "utf-8"},
    )
    assert ended.stdout == ""
    return ended.stderr


def lines(script: str, **options: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(script, **options).splitlines()]


def test_record_is_one_json_line_with_what_a_machine_needs() -> None:
    [line] = lines("log.info('claimed', request_id='r-1', city='あおば')")

    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "claimed",
        "level": "info",
        "logger": "desk",
        "request_id": "r-1",
        "city": "あおば",
    }


def test_personal_values_are_removed_and_the_record_stays() -> None:
    [line] = lines("log.info('sent', text='my secret', user_id='U1', reply_token='t', job='j-1')")

    assert {key: line[key] for key in ("text", "user_id", "reply_token", "job")} == {
        "text": "(removed)",
        "user_id": "(removed)",
        "reply_token": "(removed)",
        "job": "j-1",
    }


@pytest.mark.parametrize("key", sorted(PERSONAL_KEYS))
def test_personal_key_loses_its_value(key: str) -> None:
    assert drop_personal(None, "info", {"event": "x", key: "private"}) == {"event": "x", key: "(removed)"}


def test_records_of_libraries_have_the_same_form() -> None:
    [line] = lines("logging.getLogger('some.package').warning('it is %s', 'late')")

    assert (line["event"], line["level"], line["logger"]) == ("it is late", "warning", "some.package")


def test_level_holds_back_what_is_below_it() -> None:
    found = lines("log.debug('a')\nlog.info('b')\nlog.warning('c')", level="WARNING")

    assert [line["event"] for line in found] == ["c"]


def test_paths_of_requests_are_not_logged() -> None:
    assert lines("logging.getLogger('aiohttp.access').info('GET /meetings/1/send?token=hush')") == []


def test_exception_is_part_of_its_json_line_without_local_variables() -> None:
    script = """
        said = "private " + "words"
        try:
            raise ValueError("broken")
        except ValueError:
            log.exception("failed", number=7)
    """

    [line] = lines(script)

    assert "ValueError: broken" in line["exception"]
    assert "private words" not in json.dumps(line)


def test_log_for_people_shows_no_local_variables_either() -> None:
    script = """
        def handle(said):
            raise ValueError("broken")
        try:
            handle("private " + "words")
        except ValueError:
            log.exception("failed", number=7)
    """

    text = run(script, json_lines=False)

    assert "failed" in text
    assert "number=7" in text
    assert "ValueError: broken" in text
    assert "private words" not in text


def test_debug_log_does_not_hold_what_is_stored() -> None:
    told = run(
        """
        import asyncio
        import aiosqlite

        async def keep():
            async with aiosqlite.connect(":memory:") as database:
                await database.execute("SELECT ?", ("a-secret-address",))

        log.debug("begun")
        asyncio.run(keep())
        """,
        level="DEBUG",
    )

    assert "begun" in told
    assert "a-secret-address" not in told
