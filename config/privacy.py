"""Privacy in the chat, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.city import City
from bot.privacy.erasing import Erasing, Keeper
from bot.privacy.retention import Retention, RetentionOptions
from bot.privacy.skill import PrivacySkill
from core.jobs import Jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyParts:
    """What the service needs of it."""

    skill: PrivacySkill
    erasing: Erasing
    retention: Retention


def make_privacy(
    *, city: City, jobs: Jobs, options: RetentionOptions, keepers: Sequence[Keeper]
) -> PrivacyParts:
    """Connect it. `keepers` are what features do besides losing their rows when a resident is erased."""
    erasing = Erasing(jobs, keepers)
    return PrivacyParts(
        skill=PrivacySkill(city.phrases, erasing, jobs.clock),
        erasing=erasing,
        retention=Retention(jobs, erasing, options),
    )
