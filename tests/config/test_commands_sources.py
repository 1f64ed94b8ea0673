"""`send` and `rtms-simulator` as processes of their own, against a running service."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.config.conftest import PROGRAM, Madoguchi
from tests.transcripts.conftest import SPEECH, Build, Running, build, speech
from transcripts.service import NewMeeting

__all__ = ["build"]  # a fixture

LONGER = 13.0
EXPECTED = " ".join(speech(LONGER).sentences).split()
ZOOM = {
    "MADOGUCHI_ZOOM__RTMS_CLIENT_ID": "client",
    "MADOGUCHI_ZOOM__RTMS_CLIENT_SECRET": "a secret",
    "MADOGUCHI_ZOOM__RTMS_SECRET_TOKEN": "a token",
}


async def started(tmp_path: Path, *arguments: str, **more: str) -> asyncio.subprocess.Process:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MADOGUCHI_")}
    return await asyncio.create_subprocess_exec(
        str(PROGRAM),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
        env={**environment, "MADOGUCHI_DATA_DIR": str(tmp_path / "var"), **more},
    )


async def ended(process: asyncio.subprocess.Process, stdin: bytes = b"") -> tuple[int | None, list[Any], str]:
    async with asyncio.timeout(50):
        out, err = await process.communicate(stdin)
    return process.returncode, [json.loads(line) for line in out.splitlines()], err.decode()


async def said(site: Running, made: NewMeeting) -> list[str]:
    stored, _ = await site.service.transcript(made.meeting.id, ["en"])
    return " ".join(one.caption.text for one in stored).split()


async def test_raw_sound_on_stdin_becomes_captions(build: Build, tmp_path: Path) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    url = site.url(f"/meetings/{made.meeting.id}")
    process = await started(tmp_path, "send", url, "-", "--token", made.sender_token, "--json")
    code, events, err = await ended(process, speech(LONGER).pcm)
    assert (code, err) == (0, "")
    assert events[0]["type"] == "connected"
    assert events[-1] == {"type": "ended", "received_s": LONGER}
    assert await said(site, made) == EXPECTED


async def test_file_is_decoded_and_sent_with_the_token_of_the_address(build: Build, tmp_path: Path) -> None:
    site = await build(seconds=45.0)
    made = await site.meeting()
    url = site.url(f"/meetings/{made.meeting.id}/send?token={made.sender_token}")
    process = await started(tmp_path, "send", url, str(SPEECH / "briefing.flac"))
    code, events, err = await ended(process)
    assert (code, events) == (0, [])
    assert "everything is stored: 45 s" in err


async def test_interrupt_sends_what_came_so_far_and_ends_well(build: Build, tmp_path: Path) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    (tmp_path / "token").write_text(made.sender_token + "\n")
    url = site.url(f"/meetings/{made.meeting.id}")
    process = await started(tmp_path, "send", url, "--token-file", str(tmp_path / "token"), "--json")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(speech(LONGER).pcm[: 4 * 32_000])
    async with asyncio.timeout(50):
        while json.loads(await process.stdout.readline()).get("received_s", 0.0) < 3.0:
            pass
        process.send_signal(signal.SIGINT)
        out = await process.stdout.read()
        assert await process.wait() == 0
    assert json.loads(out.splitlines()[-1]) == {"type": "ended", "received_s": 4.0}
    process.stdin.close()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["send", "nowhere"],
            "Give the address of a meeting, such as https://captions.city.example/meetings/abc.",
        ),
        (
            ["send", "http://127.0.0.1:9/meetings/abc"],
            "Give the meeting's sender token with --token; it was shown when the meeting was made.",
        ),
        (
            ["send", "http://127.0.0.1:9/meetings/abc", "--token", "t", "--keep", "0"],
            "--keep and --give-up must be more than 0, and --speed not less.",
        ),
        (
            ["send", "http://127.0.0.1:9/meetings/abc", "--token-file", "nowhere"],
            "The token cannot be read from “nowhere”.",
        ),
        (
            ["send", "http://127.0.0.1:9/meetings/abc", "--token", "t", "--give-up", "0.1"],
            "There was no connection to the service for too long; start again later.",
        ),
        (
            [
                "rtms-simulator",
                "--audio",
                str(SPEECH / "voice-message.flac"),
                "--webhook",
                "http://127.0.0.1:9/",
            ],
            "Set the MADOGUCHI_ZOOM__RTMS_… settings to the same made-up values for both sides.",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    madoguchi: Madoguchi, arguments: list[str], sentence: str
) -> None:
    answer = madoguchi(*arguments)
    said = [line for line in answer.err.splitlines() if line.startswith("madoguchi: ")]
    assert (answer.code, said) == (1, [f"madoguchi: {sentence}"])


async def test_wrong_token_ends_with_one_sentence(build: Build, tmp_path: Path) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    url = site.url(f"/meetings/{made.meeting.id}")
    code, _, err = await ended(
        await started(tmp_path, "send", url, "--token", "wrong", "--json"), bytes(3200)
    )
    assert (code, err.strip()) == (
        1,
        "madoguchi: The service does not know this meeting or its sender token; copy the address again.",
    )


async def test_simulator_streams_to_the_service_through_cuts(build: Build, tmp_path: Path) -> None:
    site = await build(seconds=LONGER)
    made = await site.meeting()
    await site.rtms.link(made.meeting.id, "111 222 3333")
    site.tasks.spawn("rtms", site.rtms.run())
    voice = SPEECH / "voice-message.flac"
    process = await started(
        tmp_path,
        *("rtms-simulator", "--audio", str(voice), "--webhook", site.url("/rtms/webhook")),
        *("--number", "1112223333", "--drop", "2"),
        **ZOOM,
    )
    code, (told,), err = await ended(process)
    assert (code, told["violations"]) == (0, [])
    assert told["connections"] >= 2
    assert "The stream is over; the webhook was taken." in err
    link = await site.rtms.of_meeting(made.meeting.id)
    assert link is not None
    assert (link.state, (await site.service.get(made.meeting.id)).state) == ("waiting", "live")


async def test_simulator_with_other_secrets_is_refused(build: Build, tmp_path: Path) -> None:
    site = await build(seconds=LONGER)
    voice = SPEECH / "voice-message.flac"
    secrets = {**ZOOM, "MADOGUCHI_ZOOM__RTMS_SECRET_TOKEN": "another"}
    process = await started(
        tmp_path, "rtms-simulator", "--audio", str(voice), "--webhook", site.url("/rtms/webhook"), **secrets
    )
    code, _, err = await ended(process)
    assert code == 1
    assert "The signature does not fit; check ZOOM__RTMS_SECRET_TOKEN." in err
