"""`madoguchi demo`: everything on this machine, until it is stopped."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import aiohttp
import click

from config.commands.shell import progress, settings
from config.demo.life import liven
from config.demo.speaker import speak
from config.demo.stage import HOST, PASSWORD, SPEECH, Stage, places, set_stage
from config.server import settle_memory, until_stopped
from core.log import get_logger
from core.tasks import Tasks
from core.words import Words
from transcripts.audio import AudioLimits, decode, to_s16le

log = get_logger(__name__)

SIMULATOR_PORT = 8081
WORDS = Path(__file__).parent / "words"
LOOK_EVERY_S = 1.0


async def run_demo() -> None:
    """Start, print the addresses, and let the demo meeting speak when somebody comes to read."""
    found = settings()
    port = _free_port(found.http.port)
    found = found.model_copy(update={"http": found.http.model_copy(update={"host": HOST, "port": port})})
    tasks = Tasks()
    async with set_stage(
        found,
        simulator_port=_free_port(SIMULATOR_PORT),
        data_dir=found.data_dir / "demo",
        progress=progress(),
    ) as stage:
        settle_memory()
        _print(stage, Words(WORDS))
        liven(stage, stage.scene, tasks)
        tasks.spawn("demo meeting", _speak_when_read(stage))
        await until_stopped()
        await tasks.close()


def _free_port(wanted: int) -> int:
    """The port that was wanted, or any free one when that is taken: a demo should start."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            return 0
    return wanted


def _print(stage: Stage, words: Words) -> None:
    """Everything in Japanese and English, place by place."""

    def both(key: str, indent: str, **values: str) -> None:
        for language in ("ja", "en"):
            city = stage.service.city.name(language)
            click.echo(indent + words.get(language, key, city=city, **values))

    click.echo()
    both("demo.ready", "")
    for place in places(stage.address, stage.simulator, stage.meeting_id, stage.sender_token):
        click.echo(f"\n  {place['address']}")
        both(f"demo.{place['key']}", "      ")
    click.echo()
    names = ", ".join(f"{person['id']} ({person['role']})" for person in stage.people)
    both("demo.accounts", "  ", names=names, password=PASSWORD)
    click.echo()
    both("demo.stop", "")


async def _speak_when_read(stage: Stage) -> None:
    """Play the demo speech once, as soon as a viewer is there to read it."""
    data = (SPEECH / "briefing.flac").read_bytes()
    pcm = to_s16le(await asyncio.to_thread(decode, data, limits=AudioLimits()))
    while not stage.service.captions.hub.readers(stage.meeting_id):  # noqa: ASYNC110 -- the hub has no event for it
        await asyncio.sleep(LOOK_EVERY_S)
    async with aiohttp.ClientSession() as http:
        try:
            await speak(http, stage.address, stage.meeting_id, stage.sender_token, pcm, stage.service.clock)
        except RuntimeError as error:
            log.warning("demo_speech_refused", reason=str(error))  # somebody uses the microphone already
