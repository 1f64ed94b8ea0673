"""Unpacking model archives that we did not make.

A zip file can name files outside its folder, hold links, or swell from kilobytes to gigabytes; every one of these is
refused before or while unpacking.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from translation.errors import BrokenModel

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """What an archive may hold at most."""

    entries: int = 500
    total_bytes: int = 4 << 30  # unpacked
    ratio: float = 50.0  # unpacked to packed size of one entry, where it is larger than a megabyte


LIMITS = ArchiveLimits()


def unpack(archive: Path, folder: Path, limits: ArchiveLimits = LIMITS) -> None:
    """Unpack a zip file into the empty `folder`. Raises `BrokenModel`; `folder` is then of no use."""
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            _check_entries(entries, limits)
            left = limits.total_bytes
            for entry in entries:
                left -= _unpack_entry(opened, entry, folder, left)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise BrokenModel(f"“{archive.name}” cannot be unpacked ({error}); fetch it again.") from error


def _check_entries(entries: list[zipfile.ZipInfo], limits: ArchiveLimits) -> None:
    if len(entries) > limits.entries:
        raise BrokenModel(f"The archive has more than {limits.entries} entries; it is not a model package.")
    if sum(entry.file_size for entry in entries) > limits.total_bytes:
        raise BrokenModel(f"The archive unpacks to more than {limits.total_bytes >> 20} MB.")
    for entry in entries:
        _check_entry(entry, limits)


def _check_entry(entry: zipfile.ZipInfo, limits: ArchiveLimits) -> None:
    path = PurePosixPath(entry.filename)
    outside = path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename
    if outside or not path.parts:
        raise BrokenModel("The archive names a file outside its own folder; do not use it.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BrokenModel("The archive holds a link or a device; do not use it.")
    if entry.file_size > CHUNK_BYTES and entry.file_size > limits.ratio * max(entry.compress_size, 1):
        raise BrokenModel("An entry of the archive swells too much when unpacked; do not use it.")


def _unpack_entry(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, left: int) -> int:
    """Write one entry, at most `left` bytes, whatever its header claims; returns the bytes written."""
    target = folder.joinpath(*PurePosixPath(entry.filename).parts)
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with opened.open(entry) as source, target.open("xb") as sink:
        while chunk := source.read(CHUNK_BYTES):
            written += len(chunk)
            if written > left:
                raise BrokenModel("The archive unpacks to more than it says; do not use it.")
            sink.write(chunk)
    return written


def remove(folder: Path) -> None:
    """Delete a folder and what is in it; a folder that is not there is fine."""
    shutil.rmtree(folder, ignore_errors=True)
