"""Unpacking model files that we did not make.

A zip file can name files outside its folder, hold links, or swell from kilobytes to gigabytes; a compressed file can
swell as well. Every one of these is refused before or while unpacking.
"""

from __future__ import annotations

import gzip
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from backports import zstd

from translation.errors import BrokenModel

CHUNK_BYTES = 1 << 20
HEADER_BYTES = 30  # of the header that stands before an entry's name and data
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """What an archive may hold at most."""

    entries: int = 500
    total_bytes: int = 4 << 30  # unpacked
    ratio: float = (
        50.0  # unpacked to packed size, of one entry and of all, where it is larger than a megabyte
    )
    name: int = 200  # characters of an entry's whole name


LIMITS = ArchiveLimits()
WINDOW_LOG = 27  # of zstd: 128 MB of memory, which is what its own tools decompress without being asked


class Readable(Protocol):
    """What bytes come out of."""

    def read(self, size: int, /) -> bytes: ...


def unpack(archive: Path, folder: Path, limits: ArchiveLimits = LIMITS) -> None:
    """Unpack a zip file into the empty `folder`. Raises `BrokenModel`; `folder` is then of no use."""
    with _readable(archive.name), zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
        _check_entries(entries, archive.stat().st_size, limits)
        left = limits.total_bytes
        for entry in entries:
            left -= _unpack_entry(opened, entry, folder, left)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Turns what the libraries raise on a bad file into one sentence. A full disk stays what it is."""
    bad = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, NotImplementedError, RuntimeError, EOFError)
    try:
        yield
    except (*bad, FileExistsError, NotADirectoryError, IsADirectoryError, ValueError) as error:
        raise BrokenModel(f"“{name}” cannot be unpacked ({error}); fetch it again.") from error


def _check_entries(entries: list[zipfile.ZipInfo], packed_bytes: int, limits: ArchiveLimits) -> None:
    if len(entries) > limits.entries:
        raise BrokenModel(f"The archive has more than {limits.entries} entries; it is not a model package.")
    total = sum(entry.file_size for entry in entries)
    if total > limits.total_bytes:
        raise BrokenModel(f"The archive unpacks to more than {limits.total_bytes >> 20} MB.")
    for entry in entries:
        _check_entry(entry, limits)
    if total > CHUNK_BYTES and total > limits.ratio * max(packed_bytes, 1):
        raise BrokenModel("The archive swells too much when unpacked; do not use it.")
    names = [str(PurePosixPath(entry.filename)).casefold() for entry in entries]
    if len(set(names)) != len(names):
        raise BrokenModel("The archive holds the same name twice; do not use it.")
    _check_places(entries)


def _check_entry(entry: zipfile.ZipInfo, limits: ArchiveLimits) -> None:
    name = entry.filename
    path = PurePosixPath(name)
    outside = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name
    if outside or not path.parts:
        raise BrokenModel("The archive names a file outside its own folder; do not use it.")
    if len(name) > limits.name or not name.isprintable():
        raise BrokenModel("The archive has a name that is too long or not readable; do not use it.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BrokenModel("The archive holds a link or a device; do not use it.")
    if entry.compress_type not in METHODS:
        raise BrokenModel("The archive is packed in an unusual way; pack it as a plain zip file.")
    if entry.file_size > CHUNK_BYTES and entry.file_size > limits.ratio * max(entry.compress_size, 1):
        raise BrokenModel("An entry of the archive swells too much when unpacked; do not use it.")


def _check_places(entries: list[zipfile.ZipInfo]) -> None:
    """No two entries share bytes of the file: that is how a small file holds petabytes."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise BrokenModel("Entries of the archive overlap; do not use it.")
        end = entry.header_offset + HEADER_BYTES + len(entry.orig_filename.encode()) + entry.compress_size


def _unpack_entry(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, left: int) -> int:
    """Write one entry, at most `left` bytes, whatever its header claims; returns the bytes written."""
    target = folder.joinpath(*PurePosixPath(entry.filename).parts)
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(entry) as source:
        return _copy(source, target, left)


def decompress(packed: Path, target: Path, limit: int, *, kind: str) -> None:
    """Write what a file of the kind ".zst" or ".gz" holds, at most `limit` bytes, to the new file `target`. Raises
    `BrokenModel`.

    fxtranslate has a function for this that knows no limit: 32 kB can make it ask for a gigabyte and panic.
    """
    with _readable(packed.name), _opened(packed, kind) as source:
        try:
            _copy(source, target, limit)
        except zstd.ZstdError as error:
            raise BrokenModel(f"“{packed.name}” cannot be unpacked ({error}); fetch it again.") from error


def _opened(packed: Path, kind: str) -> gzip.GzipFile | zstd.ZstdFile:
    if kind == ".gz":
        return gzip.open(packed, "rb")
    return zstd.open(packed, "rb", options={zstd.DecompressionParameter.window_log_max: WINDOW_LOG})


def _copy(source: Readable, target: Path, limit: int) -> int:
    written = 0
    with target.open("xb") as sink:
        while chunk := source.read(CHUNK_BYTES):
            written += len(chunk)
            if written > limit:
                raise BrokenModel("A file unpacks to more than it may; do not use it.")
            sink.write(chunk)
    return written


def copy_folder(origin: Path, folder: Path, limits: ArchiveLimits = LIMITS) -> None:
    """Copy a folder of model files into the empty `folder`. Links are refused. Raises `BrokenModel`."""
    paths = sorted(origin.rglob("*"))
    if len(paths) > limits.entries:
        raise BrokenModel(f"The folder has more than {limits.entries} entries; it is not a model.")
    left = limits.total_bytes
    for path in paths:
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise BrokenModel(f"“{path.name}” is a link or a device; copy the file itself into the folder.")
        target = folder / path.relative_to(origin)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            with path.open("rb") as source:
                left -= _copy(source, target, left)


def remove(folder: Path) -> None:
    """Delete a folder and what is in it; a folder that is not there is fine."""
    shutil.rmtree(folder, ignore_errors=True)
