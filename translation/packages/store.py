"""The models folder: list, import, verify, remove, and prepare the starter models.

Each model lies in a folder of its own, named for its engine, languages and version, with a manifest of hashes. A folder
appears under its name only when it is complete. Whoever changes the models folder holds its lock; readers need none.
"""

from __future__ import annotations

import builtins
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import Busy, InvalidInput, NotFound
from core.ids import new_id
from core.log import get_logger
from translation.archives import LIMITS, ArchiveLimits, copy_folder, remove, unpack
from translation.argos_home import installed_packages
from translation.engine import Pair
from translation.errors import BrokenModel
from translation.manifest import (
    NAME,
    Manifest,
    check_files,
    hash_files,
    read_manifest,
    sha256_of,
    write_manifest,
)
from translation.packages.contents import Contents, read_contents
from translation.packages.disk import writing_to
from translation.packages.info import ModelInfo, Models, Progress, info_of, shown, starter_info, title_of
from translation.starter import Starter, starters

log = get_logger(__name__)

INCOMING = ".incoming-"
REPLACED = ".replaced-"
REMOVED = ".removed-"
LOCK = ".lock"
LOCK_S = 900.0  # seconds to wait for another process that installs models


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is known about files before they are looked into. An empty value means that the files decide."""

    origin: str
    pin: str = ""
    sha256: str = ""  # of the archive
    pair: Pair | None = None  # what they must translate
    version: str = ""
    licence: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)


class ModelStore:
    """The models folder. Every method blocks; call from a thread where an event loop runs."""

    def __init__(self, models_dir: Path, *, limits: ArchiveLimits = LIMITS, lock_s: float = LOCK_S) -> None:
        self._folder = models_dir
        self._limits = limits
        self._lock_s = lock_s

    @property
    def folder(self) -> Path:
        """Where the models are."""
        return self._folder

    @property
    def limits(self) -> ArchiveLimits:
        """What one model may hold at most."""
        return self._limits

    def list(self) -> Models:
        """All models, installed ones first. State is "ready" where the manifest reads; `verify` looks deeper."""
        installed = self.installed()
        have = {(info.engine, info.pair, info.version) for info in installed}
        return installed + [
            starter_info(starter, removed=self._is_removed(starter))
            for starter in starters()
            if (starter.engine, starter.pair, starter.version) not in have
        ]

    def installed(self) -> Models:
        """The models that are here."""
        return [info_of(folder) for folder in self.folders()]

    def folders(self) -> tuple[Path, ...]:
        """The folder of every installed model."""
        if not self._folder.is_dir():
            return ()
        inside = (path for path in self._folder.iterdir() if not path.name.startswith("."))
        return tuple(sorted(path for path in inside if (path / NAME).is_file()))

    def verify(self, progress: Progress = lambda what, done, total: None) -> Models:
        """Installed models after comparing every file with its hash; a changed file makes "broken"."""
        found = []
        folders = self.folders()
        for done, folder in enumerate(folders):
            progress(folder.name, done, len(folders))
            try:
                check_files(folder, read_manifest(folder))
                found.append(info_of(folder))
            except BrokenModel as error:
                found.append(info_of(folder, problem=str(error)))
        progress("", len(folders), len(folders))
        return found

    def import_file(self, path: Path) -> ModelInfo:
        """Install a model from an archive or a folder: an Argos package, Firefox files, or a model with a
        `model.toml`; what it is, its contents tell. Raises `BrokenModel` with what is wrong with it."""
        if path.is_dir():
            return self.add(lambda folder: copy_folder(path, folder, self._limits), Source(origin=path.name))
        if not path.is_file():
            raise BrokenModel(f"There is no file “{path}”; give the path of an .argosmodel file or a folder.")
        return self.add_archive(path, Source(origin=path.name))

    def add_archive(self, archive: Path, source: Source) -> ModelInfo:
        """Install what a zip file holds."""
        digest = source.sha256 or sha256_of(archive)
        size = archive.stat().st_size
        return self.add(
            lambda folder: unpack(archive, folder, self._limits), source, sha256=digest, size_bytes=size
        )

    def add(
        self, fill: Callable[[Path], None], source: Source, *, sha256: str = "", size_bytes: int = 0
    ) -> ModelInfo:
        """Install the model that `fill` puts into an empty folder. Raises `BrokenModel`, `Unavailable` (no room),
        or `Busy` (another process installs); nothing is left behind then."""
        with self._changing():
            incoming = self._new_incoming()
            try:
                fill(incoming)
                top = _top_folder(incoming)
                contents = read_contents(top, self._limits.total_bytes)
                if source.pair and contents.pairs != (source.pair,):
                    raise BrokenModel(
                        f"What was fetched for {shown(source.pair)} translates {shown(contents.pairs[0])}; "
                        "it is not used. Tell whoever keeps the index."
                    )
                manifest = _manifest(top, contents, source, sha256, size_bytes)
                return info_of(self._publish(top, manifest))
            finally:
                remove(incoming)

    def import_installed(self) -> Models:
        """Take over the packages that Argos's own tools installed for this user, in the versions that are not here
        yet. Packages that our engine cannot run are left out and logged."""
        have = {(info.engine, info.pair, info.version) for info in self.installed()}
        taken = []
        for origin in installed_packages():
            try:
                taken += self._import_package(origin, have)
            except BrokenModel as error:
                log.warning("package_left_out", package=origin.name, reason=str(error))
        return taken

    def _import_package(self, origin: Path, have: set[tuple[str, Pair, str]]) -> Models:
        with self._changing():
            incoming = self._new_incoming()
            try:
                copy_folder(origin, incoming, self._limits)
                contents = read_contents(incoming, self._limits.total_bytes)
                if (contents.engine, contents.pairs[0], contents.version) in have:
                    return []
                manifest = _manifest(incoming, contents, Source(origin=origin.name), "", 0)
                return [info_of(self._publish(incoming, manifest))]
            finally:
                remove(incoming)

    def prepare_starter(self, progress: Progress) -> Models:
        """Install the starter models that are not there yet, but for those that an operator removed; needs no
        network. A second call does nothing."""
        if self._missing_starters() or self._left_behind():
            with self._changing():
                todo = self._missing_starters()
                for done, starter in enumerate(todo):
                    progress(f"{starter.engine} {shown(starter.pair)}", done, len(todo))
                    self._install_starter(starter)
                if todo:
                    progress("", len(todo), len(todo))
        return self.installed()

    def restore_starter(self, pair: Pair) -> ModelInfo:
        """Bring back the starter model of a pair that was removed. Raises `NotFound` where the project has none."""
        for starter in starters():
            if starter.pair == pair:
                with self._changing():
                    self._install_starter(starter)
                    (self._folder / f"{REMOVED}{title_of(starter)}").unlink(missing_ok=True)
                return info_of(self._folder / title_of(starter))
        raise NotFound(f"The project ships no starter model for {shown(pair)}; leave out --starter.")

    def find(self, pair: Pair, *, engine: str = "", version: str = "") -> ModelInfo:
        """The one installed model that this means. Raises `NotFound`, or `InvalidInput` where it may be several or
        where it serves more pairs than the one named."""
        found = [
            info
            for info in self.installed()
            if pair in info.pairs and engine in ("", info.engine) and version in ("", info.version)
        ]
        if not found:
            raise NotFound(
                f"No such model for {shown(pair)} is installed; see `madoguchi models list` for what is."
            )
        if len(found) > 1:
            names = ", ".join(f"{info.engine} {info.version}" for info in found)
            raise InvalidInput(
                f"There are several models for {shown(pair)}: {names}; say which with --engine and --version."
            )
        if len(found[0].pairs) > 1 and not engine:
            raise InvalidInput(
                f"The model {found[0].engine} serves {len(found[0].pairs)} pairs, and all of them would go; "
                f"if you mean that, add --engine {found[0].engine}."
            )
        return found[0]

    def remove(self, info: ModelInfo) -> None:
        """Take an installed model away. A starter model stays away until `restore_starter`."""
        with self._changing():
            if not (info.path / NAME).exists():
                raise NotFound(f"The model “{info.path.name}” is not there any more.")
            gone = self._folder / f"{INCOMING}{new_id()}"
            if any(title_of(starter) == info.path.name for starter in starters()):
                (self._folder / f"{REMOVED}{info.path.name}").touch()
            os.replace(info.path, gone)
            remove(gone)
        log.info("model_removed", model=info.path.name)

    def _is_removed(self, starter: Starter) -> bool:
        return (self._folder / f"{REMOVED}{title_of(starter)}").exists()

    def _missing_starters(self) -> builtins.list[Starter]:
        have = {(info.engine, info.pair, info.version) for info in self.installed()}
        return [
            starter
            for starter in starters()
            if (starter.engine, starter.pair, starter.version) not in have and not self._is_removed(starter)
        ]

    def _install_starter(self, starter: Starter) -> None:
        incoming = self._new_incoming()
        try:
            _fill_with_starter(starter, incoming, self._limits)
            top = _top_folder(incoming)
            manifest = Manifest(
                engine=starter.engine,
                pairs=(starter.pair,),
                version=starter.version,
                licence=starter.licence,
                sha256=starter.sha256,
                size_bytes=starter.size_bytes,
                scores=starter.scores,
                files=hash_files(top),
                origin="starter",
                pin="project",
            )
            self._publish(top, manifest)
        finally:
            remove(incoming)

    def _new_incoming(self) -> Path:
        incoming = self._folder / f"{INCOMING}{new_id()}"
        incoming.mkdir(parents=True)
        return incoming

    def _publish(self, folder: Path, manifest: Manifest) -> Path:
        """Move a complete folder to its final name. Where one of that name is there, a stop between the two moves
        leaves the old one, which the next change puts back."""
        write_manifest(folder, manifest)
        final = self._folder / manifest.title
        old = self._folder / f"{REPLACED}{manifest.title}"
        if final.exists():
            os.replace(final, old)
        os.replace(folder, final)
        remove(old)
        log.info("model_installed", engine=manifest.engine, model=final.name)
        return final

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the folder's lock, after clearing away what an interrupted change left behind."""
        with writing_to(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                with FileLock(self._folder / LOCK, timeout=self._lock_s):
                    self._sweep()
                    yield
            except Timeout as error:
                raise Busy("Another process has been installing models for long; try again later.") from error

    def _left_behind(self) -> bool:
        return self._folder.is_dir() and any(
            path.name.startswith((INCOMING, REPLACED)) for path in self._folder.iterdir()
        )

    def _sweep(self) -> None:
        for path in self._folder.glob(f"{INCOMING}*"):
            remove(path)
        for path in self._folder.glob(f"{REPLACED}*"):
            final = self._folder / path.name.removeprefix(REPLACED)
            if final.exists():
                remove(path)
            else:
                os.replace(path, final)


def _manifest(top: Path, contents: Contents, source: Source, sha256: str, size_bytes: int) -> Manifest:
    files = hash_files(top)
    return Manifest(
        engine=contents.engine,
        pairs=contents.pairs,
        version=source.version or contents.version,
        licence=source.licence or contents.licence,
        sha256=sha256 or files[contents.model],
        size_bytes=size_bytes or sum(path.stat().st_size for path in top.rglob("*") if path.is_file()),
        scores=dict(source.scores or contents.scores),
        files=files,
        name=contents.name,
        origin=source.origin,
        pin=source.pin,
    )


def _fill_with_starter(starter: Starter, incoming: Path, limits: ArchiveLimits) -> None:
    if starter.origin is None:
        raise BrokenModel(
            f"The starter model {shown(starter.pair)} is not installed; run `make setup` again."
        )
    if not starter.files:
        if sha256_of(starter.origin) != starter.sha256:
            raise BrokenModel(
                f"“{starter.origin.name}” is not the file it should be; fetch the project again."
            )
        unpack(starter.origin, incoming, limits)
    for name, expected in starter.files.items():
        shutil.copyfile(starter.origin / name, incoming / name)
        if sha256_of(incoming / name) != expected:
            raise BrokenModel(f"“{name}” is not the file it should be; run `make setup` again.")


def _top_folder(incoming: Path) -> Path:
    """The folder with the files: an archive usually has one folder that holds all."""
    inside = list(incoming.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else incoming
