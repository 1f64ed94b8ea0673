"""`models install`: which models a pair needs, fetched, checked and put into place."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from filelock import AsyncFileLock, Timeout

from core.errors import AppError, Busy, InvalidInput, NotFound, Unavailable
from translation.archives import decompress
from translation.engine import Pair
from translation.errors import BrokenModel
from translation.languages import language, languages
from translation.manifest import sha256_of
from translation.packages.catalogues import Offer, RemoteFile, read_argos_index, read_firefox_records
from translation.packages.disk import writing_to
from translation.packages.downloads import DownloadOptions, Downloads
from translation.packages.info import ModelInfo
from translation.packages.store import ModelStore, Source
from translation.routes import PIVOT, Candidate, Quality, find_route, measured_quality

DOWNLOADS = ".downloads"

# Called with the title of a model, and how many bytes of how many (0: unknown) have been fetched.
Fetched = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallOptions:
    """Where models come from; an empty address turns a source off."""

    argos_index: str
    firefox_records: str
    firefox_attachments: str
    max_model_bytes: int = 1000 << 20  # to fetch for one model, and of each of its files when unpacked
    wait_s: float = 3600.0  # for another process that fetches the same model
    downloads: DownloadOptions = field(default_factory=DownloadOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One model of a plan. `here`: it, or a better one, is installed already."""

    offer: Offer
    here: ModelInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a pair needs: one model, or two through English."""

    pair: Pair
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What came of one step."""

    info: ModelInfo
    outcome: Literal["installed", "already"]


def read_pair(text: str) -> Pair:
    """The pair that "en-ja" or "ja-pt-BR" names, in the tags of models. Raises `InvalidInput`."""
    parts = text.strip().split("-")
    for at in range(1, len(parts)):
        source, target = _tag("-".join(parts[:at])), _tag("-".join(parts[at:]))
        if source and target:
            return _checked_pair(source, target, text)
    raise InvalidInput(
        f"“{text[:40]}” is not a pair of languages that are served; write it as en-ja or ja-pt-BR."
    )


def _tag(text: str) -> str | None:
    """The language whose tag or usual code this is."""
    wanted = text.casefold()
    for tag, found in languages().items():
        if wanted in {tag.casefold(), *(code.casefold() for code in found.line_codes)}:
            return tag
    return None


def _checked_pair(source: str, target: str, text: str) -> Pair:
    if language(target).human_only:
        raise InvalidInput(
            f"{language(target).english_name} is written by people only; no model leads to it."
        )
    pair = (language(source).model_tag, target)
    if pair[0] == pair[1]:
        raise InvalidInput(f"“{text[:40]}” names one language twice; write a pair as en-ja.")
    return pair


def served_pairs() -> list[Pair]:
    """To and from Japanese, for every language that a machine writes."""
    tags = [tag for tag, found in languages().items() if tag != "ja" and not found.human_only]
    return [pair for tag in tags for pair in (("ja", tag), (tag, "ja"))]


class Installer:
    """Installs models from Argos's index and Firefox's records."""

    def __init__(self, store: ModelStore, options: InstallOptions, quality: Quality | None = None) -> None:
        self._store = store
        self._options = options
        self._quality = quality or measured_quality()
        self._folder = store.folder / DOWNLOADS
        self._downloads = Downloads(self._folder, options.downloads)

    async def __aenter__(self) -> Installer:
        await self._downloads.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._downloads.__aexit__(*error)

    async def offers(self, engine: str = "") -> list[Offer]:
        """What the sources have. Raises `Unavailable` where one does not answer: a worse model must not be chosen
        because the better one's source is down."""
        options = self._options
        found: list[Offer] = []
        sources = 0
        if engine in ("", "argos") and options.argos_index:
            sources += 1
            body = await self._downloads.read(options.argos_index)
            found += read_argos_index(body, options.argos_index)
        if engine in ("", "firefox") and options.firefox_records:
            sources += 1
            body = await self._downloads.read(options.firefox_records)
            found += await asyncio.to_thread(
                read_firefox_records, body, options.firefox_records, options.firefox_attachments
            )
        if not sources:
            raise InvalidInput(
                "Every source of models is turned off; set MADOGUCHI_TRANSLATION__ARGOS_INDEX or "
                "MADOGUCHI_TRANSLATION__FIREFOX_RECORDS."
            )
        return found

    def plan(self, pair: Pair, offers: Sequence[Offer]) -> Plan:
        """The models that `pair` needs: the best direct one, else the best two through English, of which what an
        installed model does as well is left. Raises `NotFound` where there is no way."""
        candidates = [
            Candidate(index, offer.engine, offer.version, offer.pair) for index, offer in enumerate(offers)
        ]
        route = find_route(*pair, candidates, self._quality)
        if route is None:
            raise NotFound(self._no_way(pair, offers))
        installed = [info for info in self._store.installed() if info.state == "ready"]
        direct = len(route.hops) == 1
        steps = [self._step(offers[hop.index], installed, only_same=direct) for hop in route.hops]
        return Plan(pair=pair, steps=tuple(steps))

    def _no_way(self, pair: Pair, offers: Iterable[Offer]) -> str:
        have = {offer.pair for offer in offers}
        hops = [pair] if PIVOT in pair else [(pair[0], PIVOT), (PIVOT, pair[1])]
        missing = " nor ".join(
            f"{source} → {target}" for source, target in hops if (source, target) not in have
        )
        return (
            f"The sources have no model for {missing}; import one from a file with `madoguchi models import FILE` "
            "(docs/models.md)."
        )

    def _step(self, offer: Offer, installed: Iterable[ModelInfo], *, only_same: bool) -> Step:
        wanted = self._quality.of(Candidate(0, offer.engine, offer.version, offer.pair))
        for info in installed:
            if offer.pair not in info.pairs:
                continue
            same = (info.engine, info.version) == (offer.engine, offer.version)
            as_good = self._quality.of(Candidate(0, info.engine, info.version, offer.pair)) >= wanted
            if same or (as_good and not only_same):
                return Step(offer=offer, here=info)
        return Step(offer=offer)

    async def carry_out(self, step: Step, fetched: Fetched, *, sha256: str = "") -> Installed:
        """Install the model of a step, where it is not here already. Raises what `install` raises."""
        if step.here is not None:
            return Installed(info=step.here, outcome="already")
        return await self.install(step.offer, fetched, sha256=sha256)

    async def install(self, offer: Offer, fetched: Fetched, *, sha256: str = "") -> Installed:
        """Fetch a model, check it, and put it into place. A second process that wants the same one waits for the
        first and finds it done. Raises `Unavailable`, `TooLarge`, `BrokenModel`, or `Busy`."""
        with writing_to(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        name = "-".join([offer.engine, *offer.pair, offer.version])
        lock = AsyncFileLock(self._folder / f"{name}.lock", timeout=self._options.wait_s)
        try:
            async with lock:
                here = await asyncio.to_thread(self._installed, offer)
                if here is not None:
                    return Installed(info=here, outcome="already")
                return Installed(info=await self._fetch_and_add(offer, fetched, sha256), outcome="installed")
        except Timeout as error:
            raise Busy(
                f"Another process has been fetching {offer.title} for long; try again later."
            ) from error

    def _installed(self, offer: Offer) -> ModelInfo | None:
        for info in self._store.installed():
            if (info.engine, info.version) == (offer.engine, offer.version) and offer.pair in info.pairs:
                return info if info.state == "ready" else None
        return None

    async def _fetch_and_add(self, offer: Offer, fetched: Fetched, sha256: str) -> ModelInfo:
        paths: dict[RemoteFile, Path] = {}
        done = 0
        for file in offer.files:
            expected = sha256 or file.sha256
            before = done

            def told(now: int, total: int, before: int = before) -> None:
                fetched(offer.title, before + now, offer.size or total)

            paths[file] = await self._fetch(file, expected, told)
            done += paths[file].stat().st_size
        source = Source(
            origin=offer.files[0].urls[0],
            pin=_pin(offer, sha256),
            pair=offer.pair,
            version=offer.version,
            licence=offer.licence,
        )
        try:
            return await asyncio.to_thread(self._add, offer, paths, source)
        except BrokenModel:
            self._forget(offer)
            raise
        finally:
            if self._installed(offer) is not None:
                self._forget(offer)

    async def _fetch(self, file: RemoteFile, expected: str, told: Callable[[int, int], None]) -> Path:
        """The file from the first of its places that has it, with the hash that it must have."""
        problem: AppError = NotFound(f"No place is known to fetch “{file.name}” from.")
        for url in file.urls:
            try:
                path = await self._downloads.fetch(
                    url, limit=self._options.max_model_bytes, size=file.size, told=told
                )
            except Unavailable as error:
                problem = error
                continue
            found = await asyncio.to_thread(sha256_of, path) if expected else ""
            if found == expected:
                return path
            self._downloads.forget(url)
            problem = BrokenModel(
                f"“{url}” is not the file it should be: its SHA-256 is {found}, not {expected}. It was thrown away; "
                "run the command again, and if that does not help, tell whoever keeps the file."
            )
        raise problem

    def _add(self, offer: Offer, paths: Mapping[RemoteFile, Path], source: Source) -> ModelInfo:
        if offer.engine == "argos":
            return self._store.add_archive(paths[offer.files[0]], source)
        return self._store.add(lambda folder: self._unpack(paths, folder), source)

    def _unpack(self, paths: Mapping[RemoteFile, Path], folder: Path) -> None:
        for file, path in paths.items():
            target = folder / file.name
            if file.compressed:
                decompress(path, target, file.unpacked_size or self._options.max_model_bytes, kind=".zst")
            else:
                shutil.copyfile(path, target)
            if file.unpacked_sha256 and sha256_of(target) != file.unpacked_sha256:
                raise BrokenModel(
                    f"“{file.name}” is not the file it should be; tell whoever keeps the records."
                )

    def _forget(self, offer: Offer) -> None:
        for file in offer.files:
            for url in file.urls:
                self._downloads.forget(url)


def _pin(offer: Offer, sha256: str) -> str:
    if sha256:
        return "command line"
    if all(file.sha256 for file in offer.files):
        return "records" if offer.engine == "firefox" else "index"
    return ""
