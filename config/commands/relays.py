"""`relay-simulator`: a receiver of captions to try relays with."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import click

from config.commands.shell import run


@click.command("relay-simulator")
@click.argument("kind", type=click.Choice(["zoom", "teams", "youtube"]))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Any free one by default.")
def relay_simulator(kind: Any, port: int) -> None:
    """Take captions as Zoom, Teams or YouTube would, and print what viewers would see."""
    run(_simulate(kind, port))


async def _simulate(kind: Any, port: int) -> None:
    from aiohttp import web

    from config.server import listen
    from core.clock import SystemClock
    from transcripts.relays.simulators import SIMULATORS

    receiver = SIMULATORS[kind](SystemClock())
    runner = web.AppRunner(receiver.app(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        address = await listen(runner, "127.0.0.1", port)
        click.echo(f"Paste this address: {receiver.url(address)}", err=True)
        told = 0
        while True:
            await receiver.until(told + 1)
            for shown in receiver.shown[told:]:
                click.echo(json.dumps({"number": shown.number, "text": shown.text}, ensure_ascii=False))
            told = len(receiver.shown)
            while receiver.violations:
                click.echo(f"A rule was broken: {receiver.violations.pop()}.", err=True)
    except asyncio.CancelledError:
        return
    finally:
        await runner.cleanup()
