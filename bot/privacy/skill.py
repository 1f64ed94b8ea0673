"""The conversation about what is known of a resident: consent, showing, giving out, correcting, erasing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.actions import Action, Effect, Say, ShowCard
from bot.events import Event, Followed, Pressed, TextReceived, VoiceHeard
from bot.model import Button, Card, Label, Resident
from bot.privacy import store
from bot.privacy.consent import AGREE, CONSENT, PRIVACY, privacy_button
from bot.privacy.erasing import Erasing
from bot.privacy.exporting import Exports
from bot.privacy.kinds import told
from bot.skill import Json, Overtaken, SkillStep, Turn
from bot.triggers import normalise
from core.clock import Clock
from core.ids import digest, new_secret
from core.words import Words
from translation.facts.my_number import mask

NOTICE = "1"  # version of the notice; a new text of the notice gets a new one
EXPORTED = 40  # messages that are given out in the chat
EXPORTED_LENGTH = 4000  # characters of them
LONGEST_NAME = 60
# What can be asked for in so many words: the phrases `privacy.words_<step>`.
SPOKEN = ("menu", "export", "name", "withdraw", "erase")

_MENU = (
    privacy_button("export"),
    privacy_button("name"),
    Button(label="privacy.button_language", data=urlencode({"do": "languages"})),
    Button(label="privacy.button_area", data=urlencode({"do": "area"})),
    privacy_button("withdraw"),
    privacy_button("erase"),
    privacy_button("close"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyFacts:
    """What a wish for one's data depends on."""

    links: int = 0  # that were made in the last day
    secret: str = ""  # for a new link


class PrivacySkill:
    """Asks for consent; shows, gives out, corrects and erases on a resident's word."""

    name = PRIVACY

    def __init__(self, words: Words, erasing: Erasing, exports: Exports, clock: Clock) -> None:
        """`words` are the city's phrases."""
        self._words = words
        self._erasing = erasing
        self._exports = exports
        self._clock = clock
        self._begin = {
            normalise(phrase): step
            for step in SPOKEN
            for language in words.languages
            for phrase in words.list(language, f"privacy.words_{step}")
        }

    def starts(self, event: Event, trigger: str) -> Json | None:
        """By its buttons, by words for it, and when somebody adds the account."""
        match event:
            case Pressed() if event.action == PRIVACY:
                return {"step": event.value}
            case TextReceived() | VoiceHeard() if step := self._begin.get(normalise(event.text)):
                return {"step": step}
            case Followed() if not event.unblocked:
                return {"step": "follow"}
        return None

    async def gather(
        self, connection: AsyncConnection, resident: Resident, state: Json, event: Event
    ) -> PrivacyFacts:
        """A secret for a link, where one is asked for, and whether there may be one more."""
        if state.get("step") != "export":
            return PrivacyFacts()
        return PrivacyFacts(links=await self._exports.count(connection, resident.id), secret=new_secret())

    def step(self, state: Json, turn: Turn) -> SkillStep:
        """What to do about the event."""
        match state.get("step"):
            case "follow":
                return SkillStep(state=None, taken=False, reminder=(CONSENT,))
            case "waiting_name":
                return self._name(turn)
            case "agree":
                return _say(_effect("consent", given=True), Say(phrase="privacy.agreed"))
            case "refuse":
                return _say(_effect("consent", given=False), Say(phrase="privacy.refused"))
            case "withdraw":
                buttons = (privacy_button(AGREE), privacy_button("erase"))
                return _say(_effect("consent", given=False), Say(phrase="privacy.withdrawn", buttons=buttons))
            case "menu":
                return _say(_effect("summary"), Say(phrase="privacy.summary", buttons=_MENU))
            case "export":
                return self._export(turn.facts)
            case "name":
                asked = Say(phrase="privacy.ask_name", buttons=(privacy_button("close"),))
                return SkillStep(state={"step": "waiting_name"}, actions=(asked,))
            case "erase":
                buttons = (privacy_button("erase_yes"), privacy_button("close"))
                return _say(Say(phrase="privacy.erase_question", buttons=buttons))
            case "erase_yes":
                return _say(_effect("erase"), Say(phrase="privacy.erased"))
            case "close":
                return _say(Say(phrase="privacy.closed"))
        return SkillStep(state=None, taken=False)

    def _export(self, facts: PrivacyFacts) -> SkillStep:
        """A link to all of it; without an address to be reached at, the newest messages and where to ask."""
        options = self._exports.options
        if not options.public_url:
            return _say(_effect("words"), Say(phrase="privacy.export", buttons=_MENU[1:]))
        if facts.links >= options.a_day:
            return _say(Say(phrase="privacy.link_later"))
        # A button, not text: the conversation is stored, and staff see it.
        link = Button(label="privacy.button_open", data=self._exports.link(facts.secret), kind="uri")
        card = Card(
            title=Label(phrase="privacy.link_title"),
            note=Label(phrase="privacy.link_note"),
            buttons=(link,),
        )
        return _say(_effect("link", digest=digest(facts.secret)), ShowCard(card=card))

    def _name(self, turn: Turn) -> SkillStep:
        """The next text is the name; anything else ends the question."""
        if not isinstance(turn.event, (TextReceived, VoiceHeard)) or turn.trigger == "cancel":
            return SkillStep(state=None, taken=False)
        name = mask(" ".join(turn.event.text.split()))[:LONGEST_NAME]
        return _say(_effect("rename", name=name), Say(phrase="privacy.renamed", values=(("name", name),)))

    async def carry_out(
        self, connection: AsyncConnection, resident: Resident, effect: Effect
    ) -> Mapping[str, str]:
        """Do it, and note in the audit that something was done. Raises Overtaken when a link more is one too many."""
        now, data = self._clock.now(), effect.data
        match effect.kind:
            case "consent":
                given = bool(data["given"])
                await store.set_consent(connection, resident.id, given=given, notice=NOTICE, now=now)
                if not given:
                    await store.end_with_consent(connection, resident.id)
            case "rename":
                await store.rename(connection, resident.id, data["name"])
                await store.note(connection, "corrected", rows=1, now=now)
            case "erase":
                await self._erasing.erase(connection, resident)
            case "summary":
                return await self._summary(connection, resident)
            case "words":
                return await self._newest(connection, resident)
            case "link":
                made = await self._exports.add(
                    connection, resident.id, digest=data["digest"], language=_language(resident)
                )
                if not made:
                    raise Overtaken
                return {"minutes": str(self._exports.options.minutes)}
        return {}

    async def _summary(self, connection: AsyncConnection, resident: Resident) -> Mapping[str, str]:
        """Everything that there is, by kind."""
        counted = await store.count_rows(connection, resident.id)
        since = await store.first_seen(connection, resident.id)
        await store.note(connection, "shown", rows=sum(counted.values()), now=self._clock.now())
        language = _language(resident)
        kinds = [
            f"・{self._words.get(language, f'privacy.kind.{kind}')}: {many}"
            for kind, many in told(counted).items()
        ]
        return {
            "name": resident.display_name or "–",
            "since": f"{since:%Y-%m-%d}",
            "kinds": "\n".join(kinds) or "–",
        }

    async def _newest(self, connection: AsyncConnection, resident: Resident) -> Mapping[str, str]:
        words = await store.words_of(connection, resident.id, limit=EXPORTED)
        await store.note(connection, "exported", rows=len(words), now=self._clock.now())
        lines = "\n".join(f"{at:%Y-%m-%d %H:%M} {text}" for at, text in words)
        return {"export": lines[-EXPORTED_LENGTH:] or "–"}


def _language(resident: Resident) -> str:
    return resident.conversation.language or resident.profile_language or "ja"


def _effect(kind: str, /, **data: object) -> Effect:
    return Effect(skill=PRIVACY, kind=kind, data=data)


def _say(*actions: Action) -> SkillStep:
    return SkillStep(state=None, actions=actions)
