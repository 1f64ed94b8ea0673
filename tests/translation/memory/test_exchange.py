"""TMX files into the memory and out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.clock import ManualClock
from core.database import Database
from core.errors import InvalidInput, TooLarge
from tests.translation.memory.conftest import OpenMemory, learn, rows
from tests.translation.memory.test_tmx import document, tu
from translation.memory import Memory, Unit
from translation.memory.exchange import export_tmx, import_tmx
from translation.memory.tmx import TmxLimits


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "office.tmx"


def save(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def contents(file: Path) -> bytes:
    return file.read_bytes()


async def test_imported_units_answer_at_the_next_look(memory: Memory, file: Path) -> None:
    save(file, document(tu() + tu("Open until 17:00.", "17時まで開いています。")))

    imported = await import_tmx(memory, file, author="ito")
    await memory.refresh()

    assert (imported.count.units, imported.count.taken, imported.written) == (2, 2, 2)
    match = memory.find("Open until 18:00", "en", "ja")
    assert match is not None
    assert match.text == "18時まで開いています。"
    assert (match.unit.author, match.unit.came_from) == ("ito", "tmx:office.tmx")


async def test_import_in_many_transactions_takes_every_unit(
    database: Database, open_memory: OpenMemory, file: Path
) -> None:
    memory = await open_memory(database, chunk=7)
    save(file, document("".join(tu(f"word {number}", f"語{number}") for number in range(50))))

    assert (await import_tmx(memory, file)).written == 50
    assert await rows(database) == 50


@pytest.mark.parametrize("end", [b"</tmx", b"<tu>&bad;</tu></body></tmx>"])
async def test_broken_file_changes_nothing(
    database: Database, open_memory: OpenMemory, file: Path, end: bytes
) -> None:
    memory = await open_memory(database, chunk=2)
    whole = document("".join(tu(f"word {number}", f"語{number}") for number in range(20)))
    save(file, whole.removesuffix(b"</body></tmx>") + end)

    with pytest.raises(InvalidInput):
        await import_tmx(memory, file)

    assert await rows(database) == 0


async def test_file_beyond_a_limit_changes_nothing(memory: Memory, database: Database, file: Path) -> None:
    save(file, document(tu("a", "あ") + tu("b", "い")))

    with pytest.raises(TooLarge):
        await import_tmx(memory, file, limits=TmxLimits(units=1))

    assert await rows(database) == 0


async def test_missing_file_gets_one_sentence(memory: Memory, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="There is no file"):
        await import_tmx(memory, tmp_path / "none.tmx")
    with pytest.raises(InvalidInput, match="cannot be read"):
        await import_tmx(memory, tmp_path)


async def test_second_import_of_a_file_writes_nothing(memory: Memory, file: Path, clock: ManualClock) -> None:
    save(file, document(tu() + tu("Bye", "では")))
    await import_tmx(memory, file, author="ito")
    clock.advance(60)

    again = await import_tmx(memory, file, author="ito")

    assert (again.count.taken, again.written) == (2, 0)


async def test_old_file_does_not_undo_a_correction(memory: Memory, file: Path, clock: ManualClock) -> None:
    await learn(memory, "Hello", "古い")
    await export_tmx(memory, file)
    clock.advance(3600)
    await learn(memory, "Hello", "正しい", author="mori")

    assert (await import_tmx(memory, file)).written == 0

    match = memory.find("Hello", "en", "ja")
    assert match is not None
    assert match.text == "正しい"


async def test_my_numbers_of_a_file_are_masked(memory: Memory, database: Database, file: Path) -> None:
    save(file, document(tu("It is 123456789018.", "123456789018です。")))

    await import_tmx(memory, file)

    [unit] = await memory.search()
    assert (unit.source_text, unit.target_text) == ("It is ************.", "************です。")


async def test_export_and_import_give_the_same_memory(
    memory: Memory, tmp_path: Path, open_memory: OpenMemory, file: Path, clock: ManualClock
) -> None:
    await learn(memory, "Hello <you> & me", "こんにちは", came_from="review:m1/4")
    clock.advance(60)
    await learn(memory, "Olá", "こんにちは", "pt-BR ja", author="mori", origin="machine")
    assert await export_tmx(memory, file, version="1") == 2
    other = Database(f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")
    await other.open()
    await other.create_all()
    copy = await open_memory(other)
    clock.advance(3600)

    await import_tmx(copy, file)

    def known(units: list[Unit]) -> list[tuple[object, ...]]:
        return [
            (u.source, u.target, u.source_text, u.target_text, u.origin, u.author, u.came_from, u.created_at)
            for u in units
        ]

    assert known(await copy.search()) == known(await memory.search())
    await other.close()


async def test_export_can_be_limited(memory: Memory, file: Path) -> None:
    await learn(memory, "Hello", "こんにちは")
    await learn(memory, "Hello", "Olá", "en pt-BR")
    await learn(memory, "Hi", "機械", origin="machine")

    assert await export_tmx(memory, file, source="en", target="ja", origin="human") == 1
    assert await export_tmx(memory, file, target="ja") == 2
    assert await export_tmx(memory, file) == 3


async def test_export_that_fails_leaves_the_old_file(memory: Memory, database: Database, file: Path) -> None:
    await learn(memory, "Hello", "こんにちは")
    save(file, b"old")
    await database.close()

    with pytest.raises(Exception, match="closed"):
        await export_tmx(memory, file)
    await database.open()

    assert contents(file) == b"old"
    assert [path.name for path in file.parent.iterdir() if path.suffix == ".part"] == []


async def test_export_to_a_folder_that_is_not_there_gets_one_sentence(memory: Memory, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        await export_tmx(memory, tmp_path / "none" / "a.tmx")


async def test_progress_is_told(database: Database, open_memory: OpenMemory, file: Path) -> None:
    memory = await open_memory(database, chunk=2)
    save(file, document("".join(tu(f"word {number}", f"語{number}") for number in range(5))))
    told: list[tuple[str, int, int]] = []

    await import_tmx(memory, file, progress=lambda what, done, total: told.append((what, done, total)))

    assert told == [("office.tmx", 2, 5), ("office.tmx", 4, 5), ("office.tmx", 5, 5)]
