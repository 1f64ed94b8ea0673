"""The counters, put together: notices in the chat, the API of ticket machines and the page of staff."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.city import City
from bot.counter.api import CounterApi
from bot.counter.catalogue import read_catalogue
from bot.counter.pages import CounterPages
from bot.counter.service import Counters, Receipts, no_receipts
from bot.counter.skill import NoticeSkill
from bot.counter.telling import Teller
from bot.counter.wording import Wording
from bot.line.quota import QuotaWatch
from bot.outbox import Outbox
from bot.replies import Renderer
from core.bus import Bus
from core.jobs import Jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterParts:
    """What the service needs of the counters."""

    counters: Counters
    skill: NoticeSkill
    api: CounterApi
    pages: CounterPages


def make_counter(
    *,
    city_dir: Path,
    city: City,
    jobs: Jobs,
    bus: Bus,
    renderer: Renderer,
    outbox: Outbox,
    quota: QuotaWatch,
    receipts: Receipts = no_receipts,
) -> CounterParts:
    """Read the city's counters and connect everything. Raises InvalidInput for a faulty counters.toml."""
    wording = Wording(city.phrases, city.languages, city.hours.zone)
    teller = Teller(city=city, renderer=renderer, outbox=outbox, wording=wording, allows=quota.allows)
    counters = Counters(
        catalogue=read_catalogue(city_dir, city.departments),
        jobs=jobs,
        bus=bus,
        teller=teller,
        zone=city.hours.zone,
        receipts=receipts,
    )
    return CounterParts(
        counters=counters,
        skill=NoticeSkill(counters, wording, jobs.clock),
        api=CounterApi(counters),
        pages=CounterPages(counters),
    )
