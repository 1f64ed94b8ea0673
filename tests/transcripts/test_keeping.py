"""The kept sound: written where its number says, safe to repeat, bounded, never in the way, and deleted."""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import io
import os
import subprocess
import sys
import wave
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import NotFound
from transcripts.keeping import WAV_HEAD, Keeper, KeepingOptions, wav_bytes, wav_head
from transcripts.model import Meeting

MEETING = Meeting(
    id="m",
    title="T",
    language="en",
    languages=("en",),
    state="live",
    created_at=dt.datetime(2026, 11, 2, tzinfo=dt.UTC),
    audio_days=7,
)
SECOND = 16_000


def sound(samples: int, first: int = 0) -> bytes:
    """Samples that tell their own number."""
    return b"".join((number % 30_000).to_bytes(2, "little") for number in range(first, first + samples))


class Shelf:
    """A keeper and what it is told."""

    def __init__(self, folder: Path, **options: int) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.meeting: Meeting | None = MEETING
        self.troubles: list[str | None] = []
        self.keeper = Keeper(
            folder,
            meeting=self.look,
            note_trouble=self.note,
            clock=self.clock,
            options=KeepingOptions(**{"file_s": 2, "reserve_mb": 0, **options}),
        )

    async def look(self, meeting_id: str) -> Meeting:
        if self.meeting is None:
            raise NotFound("There is no such meeting.")
        return self.meeting

    async def note(self, meeting_id: str, trouble: str | None) -> None:
        self.troubles.append(trouble)

    async def samples(self) -> bytes:
        """All that is kept."""
        count = await self.keeper.samples("m")
        return await self.keeper.wav("m", count, WAV_HEAD, wav_bytes(count))


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    made = Shelf(tmp_path / "sound")
    yield made
    await made.keeper.close()


async def test_sound_comes_back_as_it_was(shelf: Shelf) -> None:
    for first in range(0, 5 * SECOND, 4_000):
        await shelf.keeper.append("m", first, sound(4_000, first))
    assert await shelf.samples() == sound(5 * SECOND)
    assert [file.name for file in sorted((shelf.folder / "m").iterdir())] == [
        "000000.s16le",
        "000001.s16le",
        "000002.s16le",
    ]


async def test_sound_that_comes_twice_is_there_once(shelf: Shelf) -> None:
    await shelf.keeper.append("m", 0, sound(SECOND))
    await shelf.keeper.append("m", 8_000, sound(SECOND, 8_000))
    await shelf.keeper.append("m", 0, sound(SECOND))
    assert await shelf.samples() == sound(SECOND + 8_000)


async def test_sound_that_never_came_is_silence(shelf: Shelf) -> None:
    await shelf.keeper.append("m", 0, sound(100))
    await shelf.keeper.append("m", 5 * SECOND, sound(100, 5 * SECOND))
    kept = await shelf.samples()
    assert kept == sound(100) + bytes(2 * (5 * SECOND - 100)) + sound(100, 5 * SECOND)


async def test_meeting_that_does_not_want_it_leaves_nothing(shelf: Shelf) -> None:
    shelf.meeting = replace(MEETING, audio_days=0)
    await shelf.keeper.append("m", 0, sound(SECOND))
    assert await shelf.keeper.samples("m") == 0
    assert not (shelf.folder / "m").exists()


async def test_meeting_that_is_gone_leaves_nothing(shelf: Shelf) -> None:
    shelf.meeting = None
    await shelf.keeper.append("m", 0, sound(SECOND))
    assert await shelf.keeper.meetings() == []


async def test_changed_plan_counts_after_a_while(shelf: Shelf) -> None:
    await shelf.keeper.append("m", 0, sound(100))
    shelf.meeting = replace(MEETING, audio_days=0)
    await shelf.keeper.append("m", 100, sound(100, 100))
    shelf.clock.advance(60)
    await shelf.keeper.append("m", 200, sound(100, 200))
    assert await shelf.keeper.samples("m") == 200


async def test_changed_plan_counts_at_once_where_it_is_told(shelf: Shelf) -> None:
    await shelf.keeper.append("m", 0, sound(100))
    shelf.meeting = replace(MEETING, audio_days=0)
    shelf.keeper.forget("m")
    await shelf.keeper.append("m", 100, sound(100, 100))
    assert await shelf.keeper.samples("m") == 100


# Trouble


async def test_used_up_room_stops_the_keeping_with_a_reason_and_nothing_else(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, limit_mb=1)
    await shelf.keeper.append("other", 0, bytes(2**20))
    await shelf.keeper.append("m", 0, sound(SECOND))
    await shelf.keeper.append("m", SECOND, sound(SECOND, SECOND))
    assert (await shelf.keeper.samples("m"), shelf.troubles) == (0, ["disk_limit"])
    await shelf.keeper.delete("other")
    shelf.clock.advance(60)
    await shelf.keeper.append("m", 2 * SECOND, sound(SECOND))
    assert (await shelf.keeper.samples("m"), shelf.troubles) == (3 * SECOND, ["disk_limit", None])
    await shelf.keeper.close()


async def test_full_disk_stops_the_keeping_before_the_last_bytes_are_taken(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, reserve_mb=10**9)
    await shelf.keeper.append("m", 0, sound(SECOND))
    assert (await shelf.keeper.samples("m"), shelf.troubles) == (0, ["disk_full"])
    await shelf.keeper.close()


@pytest.mark.parametrize(("number", "reason"), [(errno.ENOSPC, "disk_full"), (errno.EIO, "write_failed")])
async def test_failing_write_is_told_and_never_raised(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    def fail(*values: object) -> int:
        raise OSError(number, "no")

    monkeypatch.setattr(os, "pwrite", fail)
    for first in (0, 100):
        await shelf.keeper.append("m", first, sound(100, first))
    assert shelf.troubles == [reason]


async def test_folder_that_cannot_be_written_is_told_and_never_raised(tmp_path: Path) -> None:
    (tmp_path / "m").write_text("a file in the way")
    shelf = Shelf(tmp_path)
    await shelf.keeper.append("m", 0, sound(100))
    assert shelf.troubles == ["write_failed"]
    await shelf.keeper.close()


WRITER = """
import asyncio, datetime as dt, os, signal, sys
from pathlib import Path
sys.path.insert(0, os.getcwd())
from tests.transcripts.test_keeping import Shelf, sound

async def main():
    shelf = Shelf(Path(sys.argv[1]))
    for first in range(0, 48_000, 1_600):
        await shelf.keeper.append("m", first, sound(1_600, first))
        if first == 40_000:
            os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_killed_process_loses_nothing_that_it_had_taken(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    ended = await asyncio.to_thread(subprocess.run, command, timeout=60, check=False)
    assert ended.returncode == -9
    shelf = Shelf(tmp_path)
    assert await shelf.samples() == sound(41_600)
    await shelf.keeper.append("m", 40_000, sound(8_000, 40_000))
    assert await shelf.samples() == sound(48_000)
    await shelf.keeper.close()


# Reading


async def test_file_is_a_wav_that_others_read(shelf: Shelf) -> None:
    await shelf.keeper.append("m", 0, sound(3 * SECOND))
    data = await shelf.keeper.wav("m", 3 * SECOND, 0, wav_bytes(3 * SECOND))
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert file.readframes(file.getnframes()) == sound(3 * SECOND)


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 44), (0, 10), (40, 50), (44, 46), (43, 64_045), (64_043, 64_047), (80_000, 80_044)],
)
async def test_any_part_is_the_same_as_in_the_whole(shelf: Shelf, start: int, stop: int) -> None:
    await shelf.keeper.append("m", 0, sound(40_000))
    whole = wav_head(40_000) + sound(40_000)
    assert await shelf.keeper.wav("m", 40_000, start, stop) == whole[start:stop]


# Deleting


async def test_deleted_sound_is_gone(shelf: Shelf) -> None:
    await shelf.keeper.append("m", 0, sound(100))
    assert await shelf.keeper.delete("m")
    assert (await shelf.keeper.meetings(), await shelf.keeper.delete("m")) == ([], False)


async def test_no_name_leads_out_of_the_folder(shelf: Shelf) -> None:
    for name in ("../m", "", "a/b", ".", "m\n"):
        with pytest.raises(ValueError, match="no meeting has such an id"):
            await shelf.keeper.delete(name)


async def test_what_is_no_meeting_s_is_not_named(shelf: Shelf) -> None:
    shelf.folder.mkdir()
    (shelf.folder / "lost+found").mkdir()
    (shelf.folder / "note.txt").write_text("x")
    assert await shelf.keeper.meetings() == []
