"""Consent, for the dialogue: how it is asked for, and what of a decision is one.

Answers from the articles, words about danger and a check-in in a disaster (which asks for itself) need none.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from bot.actions import Action, Effect, ShowCard
from bot.model import Button, Card, Label

PRIVACY = "privacy"  # name of the skill, and the action of its buttons
AGREE, REFUSE = "agree", "refuse"


def privacy_button(value: str) -> Button:
    """A button of the conversation about one's data."""
    return Button(label=f"privacy.button_{value}", data=urlencode({"do": PRIVACY, "v": value}))


CONSENT = ShowCard(
    card=Card(
        title=Label(phrase="privacy.consent_title"),
        rows=tuple(
            (Label(phrase=f"privacy.{about}_label"), Label(phrase=f"privacy.{about}"))
            for about in ("what", "why", "who", "how_long", "rights")
        ),
        note=Label(phrase="privacy.consent_question"),
        buttons=(privacy_button(AGREE), privacy_button(REFUSE)),
    )
)


def decided(actions: Sequence[Action]) -> bool | None:
    """What the resident decided in this step; None if it was about something else."""
    for action in actions:
        if isinstance(action, Effect) and (action.skill, action.kind) == (PRIVACY, "consent"):
            return bool(action.data["given"])
    return None
