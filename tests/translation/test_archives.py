from __future__ import annotations

import stat
import warnings
import zipfile
from pathlib import Path

import pytest

from translation.archives import ArchiveLimits, unpack
from translation.errors import BrokenModel


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "out"
    made.mkdir()
    return made


def archive(path: Path, entries: dict[str, bytes], *, mode: int | None = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if mode is not None:
                entry.external_attr = mode << 16
            made.writestr(entry, data)
    return path


def test_files_and_folders_are_unpacked(tmp_path: Path, folder: Path) -> None:
    unpack(archive(tmp_path / "a.zip", {"top/": b"", "top/a.txt": b"one", "top/sub/b.txt": b"two"}), folder)
    assert (folder / "top/a.txt").read_bytes() == b"one"
    assert (folder / "top/sub/b.txt").read_bytes() == b"two"


@pytest.mark.parametrize("name", ["../evil", "top/../../evil", "/etc/evil", "top\\..\\evil", "C:evil"])
def test_name_outside_the_folder_is_refused_and_nothing_is_written(
    tmp_path: Path, folder: Path, name: str
) -> None:
    with pytest.raises(BrokenModel, match="outside its own folder"):
        unpack(archive(tmp_path / "a.zip", {"fine": b"x", name: b"evil"}), folder)
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_link_or_device_is_refused(tmp_path: Path, folder: Path, kind: int) -> None:
    with pytest.raises(BrokenModel, match="link or a device"):
        unpack(archive(tmp_path / "a.zip", {"link": b"/etc/passwd"}, mode=kind | 0o777), folder)


def test_too_many_entries_are_refused(tmp_path: Path, folder: Path) -> None:
    made = archive(tmp_path / "a.zip", {str(number): b"" for number in range(6)})
    with pytest.raises(BrokenModel, match="more than 5 entries"):
        unpack(made, folder, ArchiveLimits(entries=5))


def test_too_large_archive_is_refused(tmp_path: Path, folder: Path) -> None:
    made = archive(tmp_path / "a.zip", {"a": b"x" * 600, "b": b"y" * 600})
    with pytest.raises(BrokenModel, match="unpacks to more than"):
        unpack(made, folder, ArchiveLimits(total_bytes=1000))


def test_bomb_is_refused_before_unpacking(tmp_path: Path, folder: Path) -> None:
    made = archive(tmp_path / "a.zip", {"bomb": b"\0" * (8 << 20)})
    with pytest.raises(BrokenModel, match="swells too much"):
        unpack(made, folder)
    assert list(folder.iterdir()) == []


def test_entry_larger_than_its_header_says_is_refused(tmp_path: Path, folder: Path) -> None:
    made = archive(tmp_path / "a.zip", {"a": b"x" * 5000})
    data = made.read_bytes()
    made.write_bytes(data.replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little")))
    with pytest.raises(BrokenModel):
        unpack(made, folder)


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_file_that_is_no_archive_is_refused(tmp_path: Path, folder: Path, data: bytes) -> None:
    made = tmp_path / "a.zip"
    made.write_bytes(data)
    with pytest.raises(BrokenModel, match="cannot be unpacked"):
        unpack(made, folder)


def test_entry_with_a_wrong_checksum_is_refused(tmp_path: Path, folder: Path) -> None:
    made = tmp_path / "a.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as opened:
        opened.writestr("a", b"weights weights weights")
    made.write_bytes(made.read_bytes().replace(b"weights weights", b"weights WEIGHTS"))
    with pytest.raises(BrokenModel, match="cannot be unpacked"):
        unpack(made, folder)


def test_same_name_twice_is_refused(tmp_path: Path, folder: Path) -> None:
    made = tmp_path / "a.zip"
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr("a", b"one")
        with pytest.warns(UserWarning, match="Duplicate name"):
            opened.writestr("a", b"two")
    with pytest.raises(BrokenModel):
        unpack(made, folder)


def test_overlapping_entries_are_refused(tmp_path: Path, folder: Path) -> None:
    """Two entries of the directory that point to the same bytes, as in bombs that need no nesting."""
    made = archive(tmp_path / "a.zip", {"a": b"x" * 3000, "b": b"y" * 3000})
    data = bytearray(made.read_bytes())
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = bytes(4)  # where the second entry says that it begins
    made.write_bytes(data)

    with pytest.raises(BrokenModel, match="overlap"):
        unpack(made, folder)
    assert list(folder.iterdir()) == []


def test_archive_that_swells_in_many_small_entries_is_refused(tmp_path: Path, folder: Path) -> None:
    made = archive(tmp_path / "a.zip", {f"part{number}": bytes(1 << 20) for number in range(20)})

    with pytest.raises(BrokenModel, match="archive swells too much"):
        unpack(made, folder)


@pytest.mark.parametrize("name", ["a" * 300, "line\nbreak", "bell\x07"])
def test_odd_name_is_refused(tmp_path: Path, folder: Path, name: str) -> None:
    with pytest.raises(BrokenModel, match="too long or not readable"):
        unpack(archive(tmp_path / "a.zip", {name: b"x"}), folder)


@pytest.mark.parametrize("second", ["top/a", "top/./a", "TOP/A"])
def test_names_that_mean_one_file_are_refused(tmp_path: Path, folder: Path, second: str) -> None:
    made = tmp_path / "a.zip"
    with zipfile.ZipFile(made, "w") as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened.writestr("top/a", b"one")
        opened.writestr(second, b"two")

    with pytest.raises(BrokenModel, match="same name twice"):
        unpack(made, folder)


def test_file_that_is_also_a_folder_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(BrokenModel, match="cannot be unpacked"):
        unpack(archive(tmp_path / "a.zip", {"a": b"x", "a/b": b"y"}), folder)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(tmp_path: Path, folder: Path, method: int) -> None:
    made = tmp_path / "a.zip"
    with zipfile.ZipFile(made, "w", method) as opened:
        opened.writestr("a", b"x")

    with pytest.raises(BrokenModel, match="unusual way"):
        unpack(made, folder)


def test_archive_inside_an_archive_stays_packed(tmp_path: Path, folder: Path) -> None:
    inner = archive(tmp_path / "inner.zip", {"x": b"x"}).read_bytes()

    unpack(archive(tmp_path / "a.zip", {"top/inner.zip": inner}), folder)

    assert (folder / "top/inner.zip").read_bytes() == inner
