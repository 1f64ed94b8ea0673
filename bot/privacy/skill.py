"""The conversation about what is known of a resident: consent, showing, giving out, correcting, erasing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.actions import Action, Effect, Say, ShowCard
from bot.events import Event, Followed, Pressed, TextReceived, VoiceHeard
from bot.model import Button, Card, Label, Resident
from bot.privacy import store
from bot.privacy.erasing import Erasing
from bot.skill import Json, SkillStep, Turn
from bot.triggers import normalise
from core.clock import Clock
from core.words import Words
from translation.facts.my_number import mask

NAME = "privacy"
NOTICE = "1"  # version of the notice; a new text of the notice gets a new one
EXPORTED = 40  # messages that are given out in the chat
EXPORTED_LENGTH = 4000  # characters of them
LONGEST_NAME = 60

_OVER = SkillStep(state=None)


def _button(value: str) -> Button:
    return Button(label=f"privacy.button_{value}", data=urlencode({"do": NAME, "v": value}))


_MENU = (_button("export"), _button("name"), _button("erase"), _button("close"))
CONSENT = ShowCard(
    card=Card(
        title=Label(phrase="privacy.consent_title"),
        rows=tuple(
            (Label(phrase=f"privacy.{about}_label"), Label(phrase=f"privacy.{about}"))
            for about in ("what", "why", "who", "how_long", "rights")
        ),
        note=Label(phrase="privacy.consent_question"),
        buttons=(_button("agree"), _button("refuse")),
    )
)


class PrivacySkill:
    """Shows, corrects and erases on a resident's word."""

    name = NAME

    def __init__(self, words: Words, erasing: Erasing, clock: Clock) -> None:
        """`words` are the city's phrases: `privacy.words_menu` and `privacy.words_erase` begin the conversation."""
        self._erasing = erasing
        self._clock = clock
        self._begin = {
            normalise(phrase): step
            for step in ("menu", "erase")
            for language in words.languages
            for phrase in words.list(language, f"privacy.words_{step}")
        }

    def starts(self, event: Event, trigger: str) -> Json | None:
        """By its buttons, by words for it, and when somebody adds the account."""
        match event:
            case Pressed() if event.action == NAME:
                return {"step": event.value}
            case TextReceived() | VoiceHeard() if step := self._begin.get(normalise(event.text)):
                return {"step": step}
            case Followed() if not event.unblocked:
                return {"step": "follow"}
        return None

    async def gather(self, connection: AsyncConnection, resident: Resident, state: Json, event: Event) -> Any:
        """Nothing is needed to decide."""
        return None

    def step(self, state: Json, turn: Turn) -> SkillStep:
        """What to do about the event."""
        match state.get("step"):
            case "follow":
                return SkillStep(state=None, taken=False, reminder=(CONSENT,))
            case "waiting_name":
                return self._name(turn)
            case "agree":
                return _say(self._effect("consent", given=True), Say(phrase="privacy.agreed"))
            case "refuse":
                return _say(self._effect("consent", given=False), Say(phrase="privacy.refused"))
            case "menu":
                return _say(self._effect("summary"), Say(phrase="privacy.summary", buttons=_MENU))
            case "export":
                return _say(self._effect("export"), Say(phrase="privacy.export", buttons=_MENU[1:]))
            case "name":
                return SkillStep(
                    state={"step": "waiting_name"},
                    actions=(Say(phrase="privacy.ask_name", buttons=(_button("close"),)),),
                )
            case "erase":
                buttons = (_button("erase_yes"), _button("close"))
                return _say(Say(phrase="privacy.erase_question", buttons=buttons))
            case "erase_yes":
                return _say(self._effect("erase"), Say(phrase="privacy.erased"))
            case "close":
                return _say(Say(phrase="privacy.closed"))
        return SkillStep(state=None, taken=False)

    def _name(self, turn: Turn) -> SkillStep:
        """The next text is the name; anything else ends the question."""
        if not isinstance(turn.event, (TextReceived, VoiceHeard)) or turn.trigger == "cancel":
            return SkillStep(state=None, taken=False)
        name = mask(" ".join(turn.event.text.split()))[:LONGEST_NAME]
        return _say(
            self._effect("rename", name=name), Say(phrase="privacy.renamed", values=(("name", name),))
        )

    def _effect(self, kind: str, **data: Any) -> Effect:
        return Effect(skill=NAME, kind=kind, data=data)

    async def carry_out(
        self, connection: AsyncConnection, resident: Resident, effect: Effect
    ) -> Mapping[str, str]:
        """Do it, and note in the audit that something was done."""
        now = self._clock.now()
        match effect.kind:
            case "consent":
                given = bool(effect.data["given"])
                await store.set_consent(connection, resident.id, given=given, notice=NOTICE, now=now)
            case "rename":
                await store.rename(connection, resident.id, effect.data["name"])
                await store.note(connection, "corrected", rows=1, now=now)
            case "erase":
                await self._erasing.erase(connection, resident)
            case "summary":
                return await self._summary(connection, resident)
            case "export":
                return await self._export(connection, resident)
        return {}

    async def _summary(self, connection: AsyncConnection, resident: Resident) -> Mapping[str, str]:
        counted = await store.count_rows(connection, resident.id)
        since = await store.first_seen(connection, resident.id)
        await store.note(connection, "shown", rows=sum(counted.values()), now=self._clock.now())
        others = sum(n for table, n in counted.items() if table not in ("messages", "requests"))
        return {
            "name": resident.display_name or "–",
            "since": f"{since:%Y-%m-%d}",
            "messages": str(counted.get("messages", 0)),
            "requests": str(counted.get("requests", 0)),
            "others": str(others),
        }

    async def _export(self, connection: AsyncConnection, resident: Resident) -> Mapping[str, str]:
        words = await store.words_of(connection, resident.id, limit=EXPORTED)
        await store.note(connection, "exported", rows=len(words), now=self._clock.now())
        lines = "\n".join(f"{at:%Y-%m-%d %H:%M} {text}" for at, text in words)
        return {"export": lines[-EXPORTED_LENGTH:] or "–"}


def _say(*actions: Action) -> SkillStep:
    return SkillStep(state=None, actions=actions)
