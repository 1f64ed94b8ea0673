"""The counters, put together: notices in the chat, the API of ticket machines and the page of staff."""

from __future__ import annotations

from dataclasses import dataclass

from bot.counter.api import CounterApi
from bot.counter.catalogue import read_catalogue
from bot.counter.pages import CounterPages
from bot.counter.service import Counters
from bot.counter.skill import NoticeSkill
from bot.counter.telling import Teller
from bot.counter.wording import Wording
from bot.forms.store import sender_of
from config.opening import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterParts:
    """What the service needs of the counters."""

    counters: Counters
    skill: NoticeSkill
    api: CounterApi
    pages: CounterPages


def make_counter(tools: Tools) -> CounterParts:
    """Read the city's counters and connect everything. Raises InvalidInput for a faulty counters.toml."""
    parts, city = tools.parts, tools.parts.city
    wording = Wording(city.phrases, city.languages, city.hours.zone)
    teller = Teller(
        city=city, renderer=tools.renderer, outbox=tools.outbox, wording=wording, allows=parts.quota.allows
    )
    counters = Counters(
        catalogue=read_catalogue(tools.settings.city_dir, city.departments),
        jobs=tools.jobs,
        bus=parts.bus,
        teller=teller,
        zone=city.hours.zone,
        receipts=sender_of,
    )
    return CounterParts(
        counters=counters,
        skill=NoticeSkill(counters, wording, tools.jobs.clock),
        api=CounterApi(counters),
        pages=CounterPages(counters),
    )
