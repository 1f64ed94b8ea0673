"""What can be installed from the network: Argos's index and Firefox's records, read into offers.

Both may be hosted by anybody; what they say is not believed before the files have been looked at.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urljoin

from core.errors import Unavailable
from translation.engine import Pair
from translation.languages import Language, languages
from translation.packages.contents import FIREFOX_FILE, FIREFOX_LICENCE, VERSION
from translation.packages.downloads import allowed
from translation.routes import version_order

HASH = re.compile(r"[0-9a-f]{64}")
ARCHITECTURES = ("tiny", "base-memory", "base")  # from small and worse to large and better
FILES = ("model", "lex", "vocab", "srcvocab", "trgvocab")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """One file to fetch. Empty hashes and zero sizes are unknown."""

    urls: tuple[str, ...]  # the same file at several places
    name: str
    size: int = 0
    sha256: str = ""
    unpacked_size: int = 0
    unpacked_sha256: str = ""

    @property
    def compressed(self) -> bool:
        """Does it have to be decompressed?"""
        return self.urls[0].endswith(".zst")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A model that can be fetched. `trial`: it is not for everybody yet, and taken only where there is no other."""

    engine: str
    pair: Pair
    version: str
    files: tuple[RemoteFile, ...]
    licence: str = ""
    trial: bool = False

    @property
    def size(self) -> int:
        """Bytes to fetch, as far as they are known."""
        return sum(file.size for file in self.files)

    @property
    def title(self) -> str:
        """For people: engine, languages, version."""
        return f"{self.engine} {self.pair[0]} → {self.pair[1]} {self.version}"


def _document(body: bytes, address: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unavailable(f"“{address}” is not JSON; check its address in the settings.") from error


def read_argos_index(body: bytes, address: str) -> list[Offer]:
    """The packages of an index whose languages are served, the newest for each pair. Links may be relative to the
    index; an index of one's own may add `sha256` and `size` to an entry."""
    rows = _document(body, address)
    if not isinstance(rows, list):
        raise Unavailable(
            f"“{address}” is not an index of Argos packages; check the address in the settings."
        )
    best: dict[Pair, tuple[Any, Offer]] = {}
    for row in rows:
        offer = _argos_offer(row, address) if isinstance(row, dict) else None
        if offer is None:
            continue
        # The preferred code of a language first (Brazilian before Portuguese Portuguese), then the newest.
        rank = (-_code_rank(row["from_code"]), -_code_rank(row["to_code"]), version_order(offer.version))
        if offer.pair not in best or rank > best[offer.pair][0]:
            best[offer.pair] = (rank, offer)
    return [offer for _, offer in best.values()]


def _argos_offer(row: Mapping[str, Any], address: str) -> Offer | None:
    source, target = _by_argos(row.get("from_code")), _by_argos(row.get("to_code"))
    version, links = str(row.get("package_version", "")), row.get("links")
    if (
        not source
        or not target
        or row.get("type", "translate") != "translate"
        or not VERSION.fullmatch(version)
    ):
        return None
    urls = (
        urljoin(address, link) for link in (links if isinstance(links, list) else ()) if isinstance(link, str)
    )
    usable = tuple(url for url in urls if allowed(url, address))
    if not usable:
        return None
    file = RemoteFile(
        urls=usable,
        name=PurePosixPath(usable[0]).name,
        size=_size(row.get("size")),
        sha256=_hash(row.get("sha256")),
    )
    return Offer(engine="argos", pair=(source.tag, target.tag), version=version, files=(file,))


def _by_argos(code: object) -> Language | None:
    return next((found for found in languages().values() if code in found.argos_codes), None)


def _code_rank(code: str) -> int:
    found = _by_argos(code)
    return found.argos_codes.index(code) if found else 0


def read_firefox_records(body: bytes, address: str, attachments: str) -> list[Offer]:
    """The models of Remote Settings records, as `translations-models-v2` has them: the best for each pair. The largest
    architecture wins, then the newest version; models that this version of the engine cannot run are left out."""
    document = _document(body, address)
    rows = document.get("data") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise Unavailable(f"“{address}” has no records of Firefox models; check the address in the settings.")
    groups: dict[tuple[Pair, str, str, bool], list[Mapping[str, Any]]] = {}
    for row in rows:
        if isinstance(row, dict) and (key := _firefox_key(row)):
            groups.setdefault(key, []).append(row)
    best: dict[Pair, tuple[Any, Offer]] = {}
    for (pair, version, architecture, trial), members in groups.items():
        files = _firefox_files(members, attachments)
        if files is None:
            continue
        rank = (not trial, ARCHITECTURES.index(architecture) if architecture else 0, version_order(version))
        label = f"{version}-{architecture}" if architecture else version
        offer = Offer(
            engine="firefox", pair=pair, version=label, files=files, licence=FIREFOX_LICENCE, trial=trial
        )
        if pair not in best or rank > best[pair][0]:
            best[pair] = (rank, offer)
    return [offer for _, offer in best.values()]


def _firefox_key(row: Mapping[str, Any]) -> tuple[Pair, str, str, bool] | None:
    """What the files of one model have in common."""
    source, target = _by_firefox(row.get("sourceLanguage")), _by_firefox(row.get("targetLanguage"))
    version, architecture = str(row.get("version", "")), str(row.get("architecture") or "")
    usable = VERSION.fullmatch(version) and architecture in ("", *ARCHITECTURES) and runs(version)
    if not source or not target or not usable:
        return None
    trial = bool(row.get("filter_expression")) or not version_order(version)[1]
    return (source.tag, target.tag), version, architecture, trial


@functools.lru_cache(maxsize=256)
def runs(version: str) -> bool:
    """Can the engine run models of this version? It knows itself, and answers for records only."""
    from fxtranslate import discovery  # noqa: PLC0415 -- a native library, needed only here

    record = {
        "name": "model",
        "fileType": "model",
        "sourceLanguage": "en",
        "targetLanguage": "ja",
        "version": version,
        "attachment": {"location": "model"},
    }
    return bool(discovery.model_pairs(json.dumps({"data": [record]})))


def _by_firefox(code: object) -> Language | None:
    return next((found for found in languages().values() if code in found.firefox_codes), None)


def _firefox_files(rows: Iterable[Mapping[str, Any]], attachments: str) -> tuple[RemoteFile, ...] | None:
    """The files of a model, or None where one is missing or not usable."""
    found: dict[str, RemoteFile] = {}
    for row in rows:
        kind, name, attachment = row.get("fileType"), row.get("name"), row.get("attachment")
        if kind not in FILES or not isinstance(name, str) or not isinstance(attachment, dict):
            continue
        url = urljoin(f"{attachments.rstrip('/')}/", str(attachment.get("location", "")).lstrip("/"))
        file = RemoteFile(
            urls=(url,),
            name=name,
            size=_size(attachment.get("size")),
            sha256=_hash(attachment.get("hash")),
            unpacked_size=_size(row.get("decompressedSize")),
            unpacked_sha256=_hash(row.get("decompressedHash")),
        )
        if (
            not FIREFOX_FILE.fullmatch(name)
            or not name.startswith(f"{kind}.")
            or not allowed(url, attachments)
        ):
            return None
        # Of two shortlists the smaller one is meant for this use; it has the sizes in its name.
        if kind not in found or file.name < found[kind].name:
            found[kind] = file
    complete = {"model", "lex"} <= set(found) and ("vocab" in found or {"srcvocab", "trgvocab"} <= set(found))
    hashed = all(file.sha256 for file in found.values())
    return tuple(found[kind] for kind in FILES if kind in found) if complete and hashed else None


def _hash(value: object) -> str:
    text = value.lower() if isinstance(value, str) else ""
    return text if HASH.fullmatch(text) else ""


def _size(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
