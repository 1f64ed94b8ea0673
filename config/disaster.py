"""Disaster mode, put together: check-in, shelters and notices in the chat, and the pages of staff."""

from __future__ import annotations

from dataclasses import dataclass

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
from bot.skill import Skill
from config.names import japanese_names
from config.opening import Tools


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


def make_disaster(tools: Tools) -> DisasterParts:
    """Read the city's areas and connect everything. Raises InvalidInput for a faulty area."""
    settings, parts, jobs = tools.settings, tools.parts, tools.jobs
    city, bus, renderer, outbox = parts.city, parts.bus, tools.renderer, tools.outbox
    options = DisasterOptions(**settings.disaster.model_dump())
    areas = read_areas(settings.city_dir)
    words = DisasterWords(city.phrases, areas, city.shelters)
    allows = parts.quota.allows
    reminders = Reminders(jobs, outbox, renderer, city.hours.zone, options, allows=allows)
    desk = DisasterDesk(jobs=jobs, bus=bus, city=city, areas=areas, reminders=reminders, options=options)
    notices = Notices(
        jobs=jobs,
        bus=bus,
        city=city,
        templates=Templates(city, areas),
        translator=parts.translator,
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
        sending=Sending(jobs, parts.messenger, bus, options, allows=allows),
        pages=DisasterPages(
            desk, notices, city=city, areas=areas, bus=bus, language_names=names, options=options
        ),
        notice_pages=NoticePages(notices, city=city, areas=areas, language_names=names, options=options),
    )
