"""A city hall without articles; what is looked at is how many messages the month still has."""

from __future__ import annotations

from tests.bot.attachments.conftest import knowledge

__all__ = ["knowledge"]
