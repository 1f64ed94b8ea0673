"""Fonts that a language can be drawn with, found on this machine.

A Chinese reader must not see Japanese shapes, so each language has its own faces, best first. On Debian
`apt install fonts-noto-cjk fonts-lohit-deva fonts-dejavu-core` brings all of them.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from core.errors import Unavailable

SYSTEM_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "C:/Windows/Fonts",
)
PACKAGES = ("fontpkg_noto_sans_devanagari",)
SUFFIXES = (".ttf", ".ttc", ".otf")
FACES_IN_FILE = 12  # of a collection

_LATIN = ("Noto Sans", "DejaVu Sans", "Liberation Sans", "Arial", "Helvetica")
_FAMILIES: dict[str, tuple[str, ...]] = {
    "ja": ("Noto Sans CJK JP", "Noto Sans JP", "Hiragino Sans", "Yu Gothic", "IPAexGothic"),
    "zh": ("Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei"),
    "ko": ("Noto Sans CJK KR", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic"),
    "ne": ("Noto Sans Devanagari", "Lohit Devanagari", "Mangal", "Kohinoor Devanagari"),
}
# Debian packages, by base language.
_INSTALL = {
    "ja": "fonts-noto-cjk",
    "zh": "fonts-noto-cjk",
    "ko": "fonts-noto-cjk",
    "ne": "fonts-lohit-deva",
}
_INSTALL_LATIN = "fonts-dejavu-core"


@dataclass(frozen=True, slots=True)
class Face:
    """One face in a file."""

    path: Path
    index: int
    family: str
    bold: bool


class Fonts:
    """The faces in some folders; the machine's and the packages' own unless others are given. Reading them takes a
    second or two, so do it in a thread."""

    def __init__(self, folders: Sequence[Path] | None = None) -> None:
        self._folders = tuple(folders) if folders is not None else tuple(_default_folders())

    @cached_property
    def faces(self) -> tuple[Face, ...]:
        """All faces of the families that are looked for."""
        wanted = {family for families in (*_FAMILIES.values(), _LATIN) for family in families}
        files = sorted(
            Path(where) / name
            for folder in self._folders
            for where, _, names in os.walk(folder)
            for name in names
            if name.lower().endswith(SUFFIXES)
        )
        return tuple(face for path in files for face in _faces(path) if face.family in wanted)

    def face(self, language: str) -> Face:
        """The best face for a language, bold if there is one. Raises Unavailable with what to install."""
        for family in _families(language):
            found = [face for face in self.faces if face.family == family]
            if found:
                return next((face for face in found if face.bold), found[0])
        raise _missing([language])

    def require(self, languages: Sequence[str]) -> None:
        """Raise Unavailable with all that has to be installed, if fonts for some of the languages are missing."""
        there = {face.family for face in self.faces}
        lacking = [tag for tag in languages if not there.intersection(_families(tag))]
        if lacking:
            raise _missing(lacking)

    def load(self, language: str, size: int) -> Any:
        """A Pillow font. Raises Unavailable also where Pillow cannot join the letters of the script."""
        from PIL import ImageFont, features  # noqa: PLC0415 -- only drawing needs it

        face = self.face(language)
        if language.split("-")[0] == "ne" and not features.check("raqm"):
            raise Unavailable(
                "This build of Pillow cannot join Devanagari letters; install the wheel from PyPI, which can."
            )
        font = ImageFont.truetype(str(face.path), size, index=face.index)
        _make_bold(font)
        return font


def _families(language: str) -> tuple[str, ...]:
    return _FAMILIES.get(language.split("-")[0], _LATIN)


def _missing(languages: Sequence[str]) -> Unavailable:
    packages = sorted({_INSTALL.get(tag.split("-")[0], _INSTALL_LATIN) for tag in languages})
    return Unavailable(
        f"There is no font for {', '.join(languages)} on this machine; install some (on Debian: "
        f"apt install {' '.join(packages)}) and try again."
    )


def _make_bold(font: Any) -> None:
    """The bold end of a variable font; a font without axes stays as it is."""
    try:
        if b"Bold" in font.get_variation_names():
            font.set_variation_by_name("Bold")
    except OSError:
        return


def _faces(path: Path) -> Iterator[Face]:
    from PIL import ImageFont  # noqa: PLC0415 -- only drawing needs it

    for index in range(FACES_IN_FILE if path.suffix.lower() == ".ttc" else 1):
        try:
            family, style = ImageFont.truetype(str(path), 16, index=index).getname()
        except OSError:  # past the last face, or no font at all
            return
        # Italics and narrow faces would be read as a mistake.
        if not any(word in (style or "") for word in ("Italic", "Oblique", "Condensed")):
            yield Face(path=path, index=index, family=family or "", bold="Bold" in (style or ""))


def _default_folders() -> Iterator[Path]:
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            yield Path(folder)
    for folder in SYSTEM_FOLDERS:
        path = Path(folder).expanduser()
        if path.is_dir():
            yield path
