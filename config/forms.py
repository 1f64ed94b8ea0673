"""The forms, put together: filling in the chat, pictures and reminders, and the desk's pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.city import City
from bot.forms.bookings import FormDesk
from bot.forms.filling import Filling
from bot.forms.model import FormOptions
from bot.forms.photos import Photos
from bot.forms.reading import read_forms
from bot.forms.reminders import Reminders
from bot.forms.skill import FormSkill
from bot.forms.web import FormPages
from bot.forms.wording import Wording
from bot.messenger import Messenger
from bot.outbox import Outbox
from bot.replies import Renderer
from config.names import own_names
from core.bus import Bus
from core.jobs import Jobs
from translation.service import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class FormParts:
    """What the service needs of the forms."""

    skill: FormSkill
    photos: Photos
    reminders: Reminders
    desk: FormDesk
    pages: FormPages


def make_forms(
    *,
    city_dir: Path,
    data_dir: Path,
    city: City,
    jobs: Jobs,
    bus: Bus,
    messenger: Messenger,
    translator: Translator,
    renderer: Renderer,
    outbox: Outbox,
    options: FormOptions,
) -> FormParts:
    """Read the city's forms and connect them. Raises InvalidInput for a faulty one."""
    forms = read_forms(city_dir / "forms", city.languages, own_names())
    reminders = Reminders(forms, jobs, outbox, renderer, city.hours.zone, options)
    photos = Photos(jobs, messenger, data_dir / "photos", options)
    filling = Filling(forms, Wording(city.phrases, city.languages), city.hours, options)
    desk = FormDesk(
        forms,
        jobs=jobs,
        bus=bus,
        city=city,
        translator=translator,
        renderer=renderer,
        outbox=outbox,
        calendar_days=options.calendar_days,
    )
    return FormParts(
        skill=FormSkill(filling, jobs, reminders),
        photos=photos,
        reminders=reminders,
        desk=desk,
        pages=FormPages(desk, photos),
    )
