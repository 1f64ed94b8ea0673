"""The LINE simulator: LINE's Messaging API and a phone, for trying the service without a LINE account.

    options, scene      what it is set up with: keys, limits, residents, places, the rich menu
    app                 make_simulator: one aiohttp application on a port of its own
    api                 LINE's side over HTTP: reply, push, content, profile … (the bot is the client)
    control             the phone's side over HTTP: what a resident does (the page and tests are the clients)
    page                the chat page at /simulator
    phone, webhook      a resident's action becomes an event, is signed and posted to the bot
    channel             what LINE remembers: residents, reply tokens, retry keys, content, quota
    rules, schema       what LINE accepts in a message
    events, model       pure values

It speaks to the bot only over HTTP and imports nothing of it, so that what works here works with LINE.
"""

from __future__ import annotations

from bot.simulator.app import make_simulator
from bot.simulator.options import SimulatorOptions

__all__ = ["SimulatorOptions", "make_simulator"]
