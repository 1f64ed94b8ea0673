"""Disaster mode, put together: check-in, shelters and notices in the chat, and the pages of staff."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.city import City
from bot.disaster.area import AreaSkill
from bot.disaster.areas import read_areas
from bot.disaster.broadcasts import Notices
from bot.disaster.checkin import CheckInSkill
from bot.disaster.desk import DisasterDesk
from bot.disaster.interview import Interview
from bot.disaster.model import DisasterOptions
from bot.disaster.reminders import Reminders
from bot.disaster.sending import Sending
from bot.disaster.shelters import ShelterSkill
from bot.disaster.templates import Templates
from bot.disaster.web import DisasterPages
from bot.disaster.web_notices import NoticePages
from bot.disaster.words import DisasterWords
from bot.messenger import Messenger
from bot.outbox import Outbox
from bot.replies import Renderer
from bot.skill import Skill
from config.names import japanese_names
from core.bus import Bus
from core.jobs import Jobs
from translation.service import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class DisasterParts:
    """What the service needs of disaster mode."""

    skills: tuple[Skill, ...]
    reminders: Reminders
    desk: DisasterDesk
    notices: Notices
    sending: Sending
    pages: DisasterPages
    notice_pages: NoticePages


def make_disaster(
    *,
    city_dir: Path,
    city: City,
    jobs: Jobs,
    bus: Bus,
    messenger: Messenger,
    translator: Translator,
    renderer: Renderer,
    outbox: Outbox,
    options: DisasterOptions,
) -> DisasterParts:
    """Read the city's areas and connect everything. Raises InvalidInput for a faulty area."""
    areas = read_areas(city_dir)
    words = DisasterWords(city.phrases, areas, city.shelters)
    reminders = Reminders(jobs, outbox, renderer, city.hours.zone, options)
    desk = DisasterDesk(jobs=jobs, bus=bus, city=city, areas=areas, reminders=reminders, options=options)
    notices = Notices(
        jobs=jobs,
        bus=bus,
        city=city,
        templates=Templates(city, areas),
        translator=translator,
        renderer=renderer,
        options=options,
    )
    check_in = CheckInSkill(
        Interview(city, areas, words, options), areas=areas, renderer=renderer, bus=bus, clock=jobs.clock
    )
    names = japanese_names()
    return DisasterParts(
        skills=(check_in, ShelterSkill(city, areas, words), AreaSkill(areas, words, jobs.clock)),
        reminders=reminders,
        desk=desk,
        notices=notices,
        sending=Sending(jobs, messenger, bus, options),
        pages=DisasterPages(
            desk, notices, city=city, areas=areas, bus=bus, language_names=names, options=options
        ),
        notice_pages=NoticePages(notices, city=city, areas=areas, language_names=names, options=options),
    )
