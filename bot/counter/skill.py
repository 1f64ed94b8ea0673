"""Counters and notices, for the dialogue: "how busy is it?", "tell me when 57 is near", "stop notices"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.actions import Action, Effect
from bot.counter import store
from bot.counter.model import KINDS, Counter, Status, Watch
from bot.counter.service import Counters
from bot.counter.speed import ahead_of
from bot.counter.wording import SKILL, Wording, button, number_in
from bot.events import Event, Followed, Pressed, TextReceived, Unfollowed, VoiceHeard
from bot.model import Resident
from bot.skill import Json, Overtaken, SkillStep, Turn
from bot.triggers import normalise
from core.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """What is stored about the counters and about the resident."""

    statuses: tuple[Status, ...] = ()
    watches: tuple[Watch, ...] = ()  # tickets that were not called yet
    newest: Watch | None = None
    chosen: Mapping[str, bool] | None = None


class NoticeSkill:
    """One step at a time: which counter, which number; everything else is answered at once."""

    def __init__(self, counters: Counters, wording: Wording, clock: Clock) -> None:
        self._counters = counters
        self._wording = wording
        self._clock = clock

    @property
    def name(self) -> str:
        return SKILL

    def starts(self, event: Event, trigger: str) -> Json | None:
        """Any of its buttons, and the words for its wishes."""
        match event:
            case Pressed(action="notice", value=value) if value:
                return {"do": value}
            case TextReceived(text=text) | VoiceHeard(text=text):
                if not self._counters.catalogue.counters or not (wish := self._wording.wish(text)):
                    return None
                named = self._named(text)
                return {
                    "do": wish,
                    "number": number_in(text) or 0,
                    "counter": named.id if named else "",
                }
        return None

    def _named(self, text: str) -> Counter | None:
        """The counter whose name a text has."""
        said = normalise(text)
        for counter in self._counters.catalogue.counters.values():
            names = {normalise(name.partition("(")[0].partition("（")[0]) for name in counter.names.values()}
            if any(name and name in said for name in names):
                return counter
        return None

    async def gather(
        self, connection: AsyncConnection, resident: Resident, state: Json, event: Event
    ) -> NoticeFacts:
        since = self._counters.watched_since(self._clock.now())
        return NoticeFacts(
            statuses=tuple(await self._counters.look(connection)),
            watches=tuple(await store.live_watches(connection, since=since, resident_id=resident.id)),
            newest=await store.newest_watch(connection, resident.id, since),
            chosen=await store.chosen(connection, resident.id),
        )

    def step(self, state: Json, turn: Turn) -> SkillStep:
        facts: NoticeFacts = turn.facts or NoticeFacts()
        if "do" in state:
            return self._do(state, facts)
        match turn.event:
            case Followed() | Unfollowed():
                return SkillStep(state=None, taken=False)
            case TextReceived(text=text) | VoiceHeard(text=text) if not turn.trigger and not turn.article:
                return self._answered(state, text, facts)
        return SkillStep(state=None, taken=False)  # the question is dropped: something else matters more

    def _do(self, state: Json, facts: NoticeFacts) -> SkillStep:
        """A wish in words or a button."""
        verb, _, rest = str(state["do"]).partition(":")
        match verb:
            case "busy":
                return _over(
                    self._wording.statuses(facts.statuses, button("watch", "watch"), button("list", "list"))
                )
            case "watch":
                watching = self._watch(str(state.get("counter", "")), int(state.get("number", 0)), facts)
                return replace(watching, keeps=True)
            case "at":
                chosen_counter, _, number = rest.partition(":")
                return replace(self._watch(chosen_counter, number_in(number) or 0, facts), keeps=True)
            case "papers":
                return replace(self._papers(facts), keeps=True)
            case "stop":
                if not facts.watches:
                    return _over(self._wording.say("nothing", button("list", "list")))
                return _over(_effect("stop"), self._wording.say("stopped", button("list", "list")))
            case "list":
                return _over(self._choices(dict(facts.chosen or {})))
            case "on" | "off" if rest in KINDS:
                chosen = {**(facts.chosen or {}), rest: verb == "on"}
                effect = _effect("choose", kind=rest, wanted=verb == "on")
                return replace(_over(effect, self._choices(chosen)), keeps=verb == "on")
        return SkillStep(state=None, taken=False)

    def _choices(self, chosen: dict[str, bool]) -> Action:
        options = self._counters.options
        return self._wording.choices(chosen, (options.quiet_from, options.quiet_until))

    def _answered(self, state: Json, text: str, facts: NoticeFacts) -> SkillStep:
        """A text after we asked which counter or which number."""
        known, number = str(state.get("counter", "")), int(state.get("number", 0))
        if not known:
            counter = self._named(text)
            return self._watch(counter.id, number, facts) if counter else SkillStep(state=None, taken=False)
        given = number_in(text)
        if given is None:
            if state.get("again"):  # asked twice: they mean something else
                return SkillStep(state=None, taken=False)
            return SkillStep(
                state={"counter": known, "again": True}, actions=(self._wording.say("not_number"),)
            )
        return self._watch(known, given, facts)

    def _watch(self, counter_id: str, number: int, facts: NoticeFacts) -> SkillStep:
        """Ask for what is missing, then watch the ticket."""
        counters = self._counters.catalogue.counters
        counter = counters.get(counter_id)
        if counter is None and len(counters) == 1:
            counter = next(iter(counters.values()))
        if counter is None:
            choice = self._wording.counter_buttons(list(counters.values()), number)
            asked = self._wording.say("ask_counter", *choice)
            return SkillStep(state={"number": number}, actions=(asked,))
        if not number:
            return SkillStep(
                state={"counter": counter.id}, actions=(self._wording.about("ask_number", counter),)
            )
        return self._watching(counter, number, facts)

    def _watching(self, counter: Counter, number: int, facts: NoticeFacts) -> SkillStep:
        said, words = str(number), self._wording
        if number > counter.wrap:
            return SkillStep(state={"counter": counter.id}, actions=(words.say("not_number"),))
        status = next((one for one in facts.statuses if one.counter.id == counter.id), None)
        called = status.reading.called if status and status.serving and status.reading else 0
        if called and ahead_of(number, called, counter.wrap) <= 0:
            key = "now" if number == called else "passed"
            return _over(words.about(key, counter, number=said))
        same = any(watch.counter == counter.id and watch.number == number for watch in facts.watches)
        if not same and len(facts.watches) >= self._counters.options.watches:
            return _over(words.say("too_many", button("stop", "stop")))
        effect = _effect("watch", counter=counter.id, number=number)
        near = str(self._counters.options.near)
        key = "watching" if called else "watching_blind"
        return _over(effect, words.about(key, counter, button("stop", "stop"), number=said, near=near))

    def _papers(self, facts: NoticeFacts) -> SkillStep:
        """Tell as well when the papers of a ticket are ready."""
        watch = facts.newest
        counter = self._counters.catalogue.counters.get(watch.counter) if watch else None
        if watch is None or counter is None:
            return _over(self._wording.say("no_ticket", button("watch", "watch")))
        said = self._wording.about("papers_on", counter, number=str(watch.number))
        return _over(_effect("papers", watch=watch.id), said)

    async def carry_out(
        self, connection: AsyncConnection, resident: Resident, effect: Effect
    ) -> Mapping[str, str]:
        """Watch, stop, choose. Raises Overtaken when the ticket is gone meanwhile."""
        data, now = effect.data, self._clock.now()
        match effect.kind:
            case "watch":
                await store.add_watch(
                    connection,
                    resident_id=resident.id,
                    counter=data["counter"],
                    number=data["number"],
                    ready=False,
                    now=now,
                )
                await store.choose(connection, resident.id, "turn", True, now)
            case "papers":
                if not await store.want_papers(connection, resident.id, data["watch"]):
                    raise Overtaken
                await store.choose(connection, resident.id, "ready", True, now)
            case "stop":
                await store.stop_watches(connection, resident.id)
            case "choose":
                await store.choose(connection, resident.id, data["kind"], data["wanted"], now)
        return {}


def _over(*actions: Action) -> SkillStep:
    return SkillStep(state=None, actions=actions)


def _effect(kind: str, /, **data: object) -> Effect:
    return Effect(skill=SKILL, kind=kind, data=data)
