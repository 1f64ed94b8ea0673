"""The demo's stage: the service, a LINE simulator, a demo city, two clerks, an interpreter and a meeting."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.city import read_toml
from bot.simulator import SimulatorOptions, make_simulator
from config.assembly import Service, open_service
from config.opening import Progress, quiet
from config.server import listen, serving
from config.settings import LineSettings, Settings
from core.accounts import Accounts
from core.clock import SystemClock
from core.errors import Conflict

SPEECH = Path(__file__).parent / "speech"
HOST = "127.0.0.1"
PASSWORD = "madoguchi-demo"  # printed on the screen, on this machine only


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage that is set."""

    service: Service
    address: str  # of the service
    simulator: str  # address of the LINE simulator
    people: list[dict[str, Any]]  # staff accounts, from demo.toml
    scene: dict[str, Any]  # all of demo.toml
    meeting_id: str
    sender_token: str


@asynccontextmanager
async def set_stage(
    settings: Settings, *, simulator_port: int, data_dir: Path, progress: Progress = quiet
) -> AsyncIterator[Stage]:
    """Start everything, with `data_dir` for the demo's own database."""
    clock = SystemClock()
    secret, token = secrets.token_hex(16), secrets.token_urlsafe(32)
    scene = read_toml(settings.city_dir / "demo.toml")
    simulator = web.AppRunner(
        make_simulator(SimulatorOptions(channel_secret=secret, access_token=token, samples=SPEECH), clock),
        access_log=None,
        shutdown_timeout=1.0,
        handler_cancellation=True,
    )
    await simulator.setup()
    try:
        simulator_address = await listen(simulator, HOST, simulator_port)
        line = LineSettings(
            channel_secret=secret,  # type: ignore[arg-type]
            channel_access_token=token,  # type: ignore[arg-type]
            api_base=simulator_address,
            data_api_base=simulator_address,
        )
        demo_settings = settings.model_copy(
            update={
                "line": line,
                "data_dir": data_dir,
                "models_dir": settings.models_folder,
                "cache_dir": settings.cache_folder,
                "database_url": "",
            }
        )
        async with open_service(demo_settings, clock=clock, progress=progress) as service:
            await add_people(service.accounts, scene["staff"])
            meeting_id, sender_token = await add_meeting(service, scene["meeting"])
            home = places("", simulator_address, meeting_id, sender_token)
            async with serving(service, home=home) as running:
                await _point_webhook(simulator_address, token, running.address)
                yield Stage(
                    service=service,
                    address=running.address,
                    simulator=simulator_address,
                    people=scene["staff"],
                    scene=scene,
                    meeting_id=meeting_id,
                    sender_token=sender_token,
                )
    finally:
        await simulator.cleanup()


async def add_people(accounts: Accounts, people: list[dict[str, Any]]) -> None:
    """The demo's staff; those who are there already stay as they are."""
    for person in people:
        try:
            await accounts.add(
                person["id"],
                PASSWORD,
                role=person["role"],
                display_name=person["name"],
                department=person["department"],
            )
        except Conflict:
            continue


async def add_meeting(service: Service, meeting: dict[str, Any]) -> tuple[str, str]:
    """A fresh demo meeting; gives its id and its sender token. Those of earlier starts end: only their digests are
    kept, so nobody could send to them."""
    title = meeting["title"]["ja"]
    for earlier in await service.captions.meetings.meetings(states=("planned", "live")):
        if earlier.title == title:
            await service.captions.meetings.end(earlier.id)
    made = await service.captions.meetings.create(
        title=title,
        language=meeting["language"],
        languages=meeting["languages"],
        account=None,
    )
    return made.meeting.id, made.sender_token


async def _point_webhook(simulator: str, token: str, service: str) -> None:
    """Tell the simulator where the bot is, as an operator tells LINE."""
    async with (
        aiohttp.ClientSession() as http,
        http.put(
            f"{simulator}/v2/bot/channel/webhook/endpoint",
            json={"endpoint": f"{service}/line/webhook"},
            headers={"Authorization": f"Bearer {token}"},
        ) as answer,
    ):
        answer.raise_for_status()


def places(service: str, simulator: str, meeting_id: str, sender_token: str) -> list[dict[str, str]]:
    """The addresses to open, for the terminal and the home page (where `service` is empty)."""
    meeting = f"{service}/meetings/{meeting_id}"
    return [
        {"key": "simulator", "address": f"{simulator}/simulator"},
        {"key": "desk", "address": f"{service}/desk"},
        {"key": "forms", "address": f"{service}/desk/forms"},
        {"key": "counters", "address": f"{service}/counters"},
        {"key": "disaster", "address": f"{service}/disaster"},
        {"key": "articles", "address": f"{service}/articles"},
        {"key": "captions", "address": meeting},
        {"key": "send", "address": f"{meeting}/send?token={sender_token}"},
        {"key": "review", "address": f"{service}/review/{meeting_id}"},
    ]
