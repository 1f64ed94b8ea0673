"""The scene: who lives in the simulator, where they can be, and what the rich menu offers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from bot.simulator.model import Json
from core.errors import InvalidInput

SHIPPED = Path(__file__).with_name("data") / "aoba.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneResident:
    """Somebody who can be played on the page."""

    name: str
    language: str  # the tag they write in


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somewhere a resident can say they are."""

    title: str
    address: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    languages: tuple[str, ...]  # tags offered for a new resident
    residents: tuple[SceneResident, ...]
    places: tuple[Place, ...]
    menus: dict[
        str, tuple[Json, ...]
    ]  # language tag → LINE actions (message, postback, uri), each with an `icon`

    def menu(self, language: str) -> tuple[Json, ...]:
        """The rich menu in `language`, or in English, or none."""
        return self.menus.get(language) or self.menus.get("en") or ()


def read_scene(path: Path | None) -> Scene:
    """Read a scene from TOML; raises InvalidInput with the file and what is wrong."""
    path = path or SHIPPED
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Scene(
            languages=tuple(str(tag) for tag in data.get("languages", [])),
            residents=tuple(SceneResident(**row) for row in data.get("residents", [])),
            places=tuple(Place(**row) for row in data.get("places", [])),
            menus={tag: tuple(items) for tag, items in data.get("menus", {}).items()},
        )
    except (OSError, ValueError, TypeError) as error:
        raise InvalidInput(f"The simulator's scene {path.name} cannot be read: {error}") from error
