"""The simulator as one aiohttp application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from bot.simulator.api import MessagingApi
from bot.simulator.channel import Channel
from bot.simulator.control import ControlApi, control_middleware, line_language
from bot.simulator.faults import Faults
from bot.simulator.menu_api import MenuApi
from bot.simulator.names import fixed_user_id
from bot.simulator.options import SimulatorOptions
from bot.simulator.page import Page
from bot.simulator.phone import Phone
from bot.simulator.scene import Scene, read_scene
from bot.simulator.schema import Schema
from bot.simulator.webhook import Webhooks
from core.bus import LocalBus
from core.clock import Clock

FORM_OVERHEAD = 1_000_000  # bytes around an uploaded file


def make_simulator(options: SimulatorOptions, clock: Clock) -> web.Application:
    """Everything wired together; run it with `web.AppRunner` on a port of its own.

    The bot's LINE settings then point here: `LINE__API_BASE` and `LINE__DATA_API_BASE` are this server's address,
    the channel secret and access token are those of `options`. Raises InvalidInput when the scene cannot be read.
    """
    scene = read_scene(options.scene)
    channel = Channel(options, clock, LocalBus())
    settle(channel, scene)
    schema, faults, webhooks = Schema(), Faults(options.max_faults), Webhooks(channel)
    api = MessagingApi(channel, faults, schema, webhooks)
    control = ControlApi(
        channel=channel, phone=Phone(channel, webhooks), webhooks=webhooks, faults=faults, scene=scene
    )
    app = web.Application(
        middlewares=[api.middleware, control_middleware],
        client_max_size=options.max_upload * 2 + FORM_OVERHEAD,
    )
    app.add_routes(
        [*api.routes(), *MenuApi(channel, schema).routes(), *control.routes(), *Page(options).routes()]
    )
    app.on_shutdown.append(control.close)

    async def connections(_app: web.Application) -> AsyncIterator[None]:
        await asyncio.to_thread(schema.load)
        await webhooks.open()
        yield
        await webhooks.close()

    app.cleanup_ctx.append(connections)
    return app


def settle(channel: Channel, scene: Scene) -> None:
    """The scene's residents move in. Their ids stay the same from start to start; they are no friends yet."""
    for person in scene.residents:
        channel.residents.add(
            user_id=fixed_user_id(f"{person.name} {person.language}"),
            name=person.name,
            language=person.language,
            app_language=line_language(person.language),
            friend=False,
        )
