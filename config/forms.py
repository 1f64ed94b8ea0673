"""The forms, put together: filling in the chat, reminders, and the desk's pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.forms.bookings import FormDesk
from bot.forms.filling import Filling
from bot.forms.model import Form, FormOptions
from bot.forms.reading import read_forms
from bot.forms.reminders import Reminders
from bot.forms.skill import FormSkill
from bot.forms.web import FormPages
from bot.forms.wording import Wording
from config.names import own_names
from config.opening import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class FormParts:
    """What the service needs of the forms."""

    forms: Mapping[str, Form]  # by id, in the order in which they are offered
    skill: FormSkill
    reminders: Reminders
    desk: FormDesk
    pages: FormPages


def make_forms(tools: Tools) -> FormParts:
    """Read the city's forms and connect them. Raises InvalidInput for a faulty one."""
    settings, parts, jobs = tools.settings, tools.parts, tools.jobs
    city, renderer, outbox = parts.city, tools.renderer, tools.outbox
    options = FormOptions(**settings.forms.model_dump())
    forms = read_forms(settings.city_dir / "forms", city.languages, own_names())
    reminders = Reminders(forms, jobs, outbox, renderer, city.hours.zone, options, allows=parts.quota.allows)
    filling = Filling(forms, Wording(city.phrases, city.languages), city.hours, options)
    desk = FormDesk(
        forms,
        jobs=jobs,
        bus=parts.bus,
        city=city,
        translator=parts.translator,
        renderer=renderer,
        outbox=outbox,
        calendar_days=options.calendar_days,
    )
    return FormParts(
        forms=forms,
        skill=FormSkill(filling, jobs, reminders, tools.attachments),
        reminders=reminders,
        desk=desk,
        pages=FormPages(desk, tools.attachments),
    )
