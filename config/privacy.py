"""Privacy in the chat, put together."""

from __future__ import annotations

from dataclasses import dataclass

from bot.forms.store import erase_resident as erase_filled_in
from bot.privacy.erasing import Erasing
from bot.privacy.retention import Retention, RetentionOptions
from bot.privacy.skill import PrivacySkill
from config.opening import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyParts:
    """What the service needs of it."""

    skill: PrivacySkill
    erasing: Erasing
    retention: Retention


def make_privacy(tools: Tools) -> PrivacyParts:
    """Connect it, with what features do besides losing their rows when a resident is erased."""
    settings, jobs = tools.settings, tools.jobs
    erasing = Erasing(jobs, [erase_filled_in])
    return PrivacyParts(
        skill=PrivacySkill(tools.parts.city.phrases, erasing, jobs.clock),
        erasing=erasing,
        retention=Retention(jobs, erasing, RetentionOptions(**settings.privacy.model_dump())),
    )
