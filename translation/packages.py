"""The models on this machine: list, import, verify, and prepare the starter models.

Each model lies in a folder of its own, `<engine>-<source>-<target>-<version>`, with a manifest of hashes. A folder
appears under its name only when it is complete.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.ids import new_id
from core.log import get_logger
from translation.archives import LIMITS, ArchiveLimits, remove, unpack
from translation.argos_home import installed_packages
from translation.engine import Pair
from translation.errors import BrokenModel
from translation.languages import languages
from translation.manifest import (
    NAME,
    Manifest,
    check_files,
    hash_files,
    read_manifest,
    sha256_of,
    write_manifest,
)
from translation.starter import Starter, starters

log = get_logger(__name__)

# Called with what is being prepared, and how many of how many models are done.
Progress = Callable[[str, int, int], None]
State = Literal["ready", "broken", "available"]

INCOMING = ".incoming-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """One model as operators see it. "available" means a starter model that is not prepared yet."""

    pair: Pair
    engine: str
    version: str
    path: Path
    size_bytes: int
    sha256: str
    licence: str
    scores: Mapping[str, float]
    state: State


Models = list[ModelInfo]


class ModelStore:
    """The models folder. Every method blocks; call from a thread where an event loop runs."""

    def __init__(self, models_dir: Path, *, limits: ArchiveLimits = LIMITS) -> None:
        self._folder = models_dir
        self._limits = limits

    def list(self) -> Models:
        """All models, installed ones first. State is "ready" where the manifest reads; `verify` looks deeper."""
        installed = [_info(folder) for folder in self.folders()]
        have = {(info.engine, info.pair, info.version) for info in installed}
        missing = [
            _starter_info(starter)
            for starter in starters()
            if (starter.engine, starter.pair, starter.version) not in have
        ]
        return installed + missing

    def folders(self) -> tuple[Path, ...]:
        """The folder of every installed model."""
        if not self._folder.is_dir():
            return ()
        return tuple(sorted(path for path in self._folder.iterdir() if (path / NAME).is_file()))

    def verify(self) -> Models:
        """Installed models after comparing every file with its hash; a changed file makes "broken"."""
        found = []
        for folder in self.folders():
            state: State = "ready"
            try:
                check_files(folder, read_manifest(folder))
            except BrokenModel:
                state = "broken"
            found.append(_info(folder, state))
        return found

    def import_file(self, path: Path) -> ModelInfo:
        """Install an Argos package from a file. Raises `BrokenModel` with what is wrong with it."""
        if not path.is_file():
            raise BrokenModel(f"There is no file “{path}”; give the path of an .argosmodel file.")
        return self._install_archive(path, sha256_of(path), licence="see the package's README", scores={})

    def prepare_starter(self, progress: Progress) -> Models:
        """Install the starter models that are not there yet; needs no network. A second call does nothing."""
        self._sweep()
        have = {(info.engine, info.pair, info.version) for info in map(_info, self.folders())}
        todo = [
            starter for starter in starters() if (starter.engine, starter.pair, starter.version) not in have
        ]
        for done, starter in enumerate(todo):
            progress(f"{starter.engine} {starter.pair[0]} → {starter.pair[1]}", done, len(todo))
            self._install_starter(starter)
        if todo:
            progress("", len(todo), len(todo))
        return [_info(folder) for folder in self.folders()]

    def import_installed(self) -> Models:
        """Take over the packages that Argos's own tools installed for this user, in the versions that are not here
        yet. Packages that our engine cannot run are left out and logged."""
        have = {(info.engine, info.pair, info.version) for info in map(_info, self.folders())}
        taken = []
        for origin in installed_packages():
            try:
                pair, version = _read_metadata(origin)
            except BrokenModel as error:
                log.warning("package_left_out", package=origin.name, reason=str(error))
                continue
            if ("argos", pair, version) not in have:
                taken.append(self._install_folder(origin, pair, version))
        return taken

    def _install_folder(self, origin: Path, pair: Pair, version: str) -> ModelInfo:
        incoming = self._new_incoming()
        try:
            top = incoming / "package"
            shutil.copytree(origin, top, ignore=shutil.ignore_patterns("stanza", "spacy", "minisbd"))
            files = hash_files(top)
            manifest = Manifest(
                engine="argos",
                pair=pair,
                version=version,
                licence="see the package's README",
                sha256=files["model/model.bin"],
                size_bytes=sum(path.stat().st_size for path in top.rglob("*") if path.is_file()),
                scores={},
                files=files,
            )
            return _info(self._publish(top, manifest))
        finally:
            remove(incoming)

    def _install_starter(self, starter: Starter) -> None:
        if starter.origin is None:
            raise BrokenModel(
                f"The starter model {starter.pair[0]} → {starter.pair[1]} is not installed; run `make setup` again."
            )
        if starter.files:
            self._install_files(starter, starter.origin)
            return
        if sha256_of(starter.origin) != starter.sha256:
            raise BrokenModel(
                f"“{starter.origin.name}” is not the file it should be; fetch the project again."
            )
        self._install_archive(starter.origin, starter.sha256, licence=starter.licence, scores=starter.scores)

    def _install_files(self, starter: Starter, origin: Path) -> None:
        incoming = self._new_incoming()
        try:
            for name, expected in starter.files.items():
                shutil.copyfile(origin / name, incoming / name)
                if sha256_of(incoming / name) != expected:
                    raise BrokenModel(f"“{name}” is not the file it should be; run `make setup` again.")
            manifest = Manifest(
                engine=starter.engine,
                pair=starter.pair,
                version=starter.version,
                licence=starter.licence,
                sha256=starter.sha256,
                size_bytes=starter.size_bytes,
                scores=starter.scores,
                files=dict(starter.files),
            )
            self._publish(incoming, manifest)
        finally:
            remove(incoming)

    def _install_archive(
        self, archive: Path, sha256: str, *, licence: str, scores: Mapping[str, float]
    ) -> ModelInfo:
        incoming = self._new_incoming()
        try:
            unpack(archive, incoming, self._limits)
            top = _top_folder(incoming)
            pair, version = _read_metadata(top)
            manifest = Manifest(
                engine="argos",
                pair=pair,
                version=version,
                licence=licence,
                sha256=sha256,
                size_bytes=archive.stat().st_size,
                scores=scores,
                files=hash_files(top),
            )
            return _info(self._publish(top, manifest))
        finally:
            remove(incoming)

    def _new_incoming(self) -> Path:
        incoming = self._folder / f"{INCOMING}{new_id()}"
        incoming.mkdir(parents=True)
        return incoming

    def _publish(self, folder: Path, manifest: Manifest) -> Path:
        """Move a complete folder to its final name, in one step."""
        write_manifest(folder, manifest)
        final = self._folder / "-".join([manifest.engine, *manifest.pair, manifest.version])
        if final.exists():
            old = self._folder / f"{INCOMING}{new_id()}"
            os.replace(final, old)
            os.replace(folder, final)
            remove(old)
        else:
            os.replace(folder, final)
        log.info("model_installed", engine=manifest.engine, model=final.name)
        return final

    def _sweep(self) -> None:
        """Remove what an interrupted installation left behind."""
        if self._folder.is_dir():
            for path in self._folder.glob(f"{INCOMING}*"):
                remove(path)


def _info(folder: Path, state: State = "ready") -> ModelInfo:
    try:
        manifest = read_manifest(folder)
    except BrokenModel:
        return ModelInfo(
            pair=("?", "?"),
            engine="?",
            version="?",
            path=folder,
            size_bytes=0,
            sha256="",
            licence="",
            scores={},
            state="broken",
        )
    return ModelInfo(
        pair=manifest.pair,
        engine=manifest.engine,
        version=manifest.version,
        path=folder,
        size_bytes=manifest.size_bytes,
        sha256=manifest.sha256,
        licence=manifest.licence,
        scores=manifest.scores,
        state=state,
    )


def _starter_info(starter: Starter) -> ModelInfo:
    return ModelInfo(
        pair=starter.pair,
        engine=starter.engine,
        version=starter.version,
        path=starter.origin or Path(),
        size_bytes=starter.size_bytes,
        sha256=starter.sha256,
        licence=starter.licence,
        scores=starter.scores,
        state="available" if starter.origin else "broken",
    )


def _top_folder(incoming: Path) -> Path:
    inside = list(incoming.iterdir())
    if len(inside) != 1 or not (inside[0] / "metadata.json").is_file():
        raise BrokenModel("This is not an Argos package: it has no single folder with a metadata.json.")
    return inside[0]


def _read_metadata(top: Path) -> tuple[Pair, str]:
    """The pair and version of an unpacked package, after checking that our engine can run it."""
    try:
        metadata = json.loads((top / "metadata.json").read_text("utf-8"))
        source, target, version = (str(metadata[key]) for key in ("from_code", "to_code", "package_version"))
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenModel("The package's metadata.json is not readable; fetch the package again.") from error
    if not re.fullmatch(r"[0-9A-Za-z.]{1,20}", version):
        raise BrokenModel("The package's version is not a version; fetch the package again.")
    if not (top / "sentencepiece.model").is_file() or not (top / "model" / "model.bin").is_file():
        raise BrokenModel(
            "The package has no SentencePiece vocabulary or no CTranslate2 model; use a newer package."
        )
    return (_tag_of_argos(source), _tag_of_argos(target)), version


def _tag_of_argos(code: str) -> str:
    for language in languages().values():
        if code in language.argos_codes:
            return language.tag
    raise BrokenModel(f"The package is for the language “{code[:20]}”, which is not served.")
