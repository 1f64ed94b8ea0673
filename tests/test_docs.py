"""The documents say what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from aiohttp import web
from pydantic import BaseModel

from bot.counter.api import CounterApi
from bot.desk import Desk
from config.commands import cli
from config.settings import Settings
from transcripts.web.api import Api
from transcripts.web.relays import RelayApi
from transcripts.web.uploads import UploadApi
from translation.web.api import Api as LanguageApi

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings_of(kind, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}"


def test_every_setting_is_in_the_operations_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    rows = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    group = ""
    written = set()
    for name in re.findall(r"`([A-Z_]+)`", rows):
        if name.startswith("__"):  # a row may list several settings of one group
            name = group + name
        group = name.partition("__")[0]
        written.add(name)

    assert set(settings_of(Settings)) - written == set()


def commands_of(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def test_every_command_says_what_it_does() -> None:
    assert [name for name, command in commands_of(cli) if not command.help] == []


def routes(owner: Any) -> set[tuple[str, str]]:
    """Method and path of an owner's API routes, with all path variables called by position."""
    found = set()
    for route in owner.routes():
        assert isinstance(route, web.RouteDef)
        if route.path.startswith("/api/"):
            found.add((route.method.lower(), re.sub(r"\{[^}]*\}", "{}", route.path)))
    return found


def test_api_description_has_exactly_the_api_routes() -> None:
    described = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())["paths"]
    written = {
        (method, re.sub(r"\{[^}]*\}", "{}", path))
        for path, methods in described.items()
        for method in methods
        if path.startswith("/api/")
    }
    desk = Desk(None, None, None, japanese_names={})  # type: ignore[arg-type]
    apis = routes(Api(None)) | routes(LanguageApi(None)) | routes(RelayApi(None, None))  # type: ignore[arg-type]
    uploads = routes(UploadApi(None, None))  # type: ignore[arg-type]
    counters = routes(CounterApi(None))  # type: ignore[arg-type]
    assert written == routes(desk) | apis | uploads | counters


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", document.read_text())
    targets = [link for link in links if not link.startswith(("http:", "https:"))]

    assert [link for link in targets if not (document.parent / link).exists()] == []
