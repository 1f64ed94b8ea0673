"""Privacy in the chat, put together."""

from __future__ import annotations

from dataclasses import dataclass

from bot.forms.store import erase_resident as erase_filled_in
from bot.privacy.erasing import Erasing
from bot.privacy.exporting import ExportOptions, Exports
from bot.privacy.retention import Retention, RetentionOptions
from bot.privacy.skill import PrivacySkill
from bot.privacy.web import MyDataPages
from config.opening import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyParts:
    """What the service needs of it."""

    skill: PrivacySkill
    erasing: Erasing
    retention: Retention
    pages: MyDataPages


def make_privacy(tools: Tools) -> PrivacyParts:
    """Connect it, with what features do besides losing their rows when a resident is erased."""
    settings, jobs, city = tools.settings, tools.jobs, tools.parts.city
    erasing = Erasing(jobs, [erase_filled_in, tools.attachments.forget_resident])
    exports = Exports(
        jobs.database,
        jobs.clock,
        ExportOptions(
            public_url=settings.http.public_url,
            minutes=settings.privacy.link_minutes,
            a_day=settings.privacy.links_a_day,
        ),
        [tools.attachments.files_of],
    )
    keep = settings.privacy.model_dump(exclude={"link_minutes", "links_a_day"})
    return PrivacyParts(
        skill=PrivacySkill(city.phrases, erasing, exports, jobs.clock),
        erasing=erasing,
        retention=Retention(jobs, erasing, RetentionOptions(**keep)),
        pages=MyDataPages(exports, city),
    )
