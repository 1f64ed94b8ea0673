"""One form, from the first question to the receipt, as a function: `step(state, turn) → SkillStep`. Pure.

A state is a `Draft` as JSON, or `{"do": …}` for a button that was pressed or a form that was named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.actions import Action, Effect
from bot.city import Hours, in_language
from bot.forms.commands import Commands
from bot.forms.drafts import Draft, FormFacts
from bot.forms.filler import Filler
from bot.forms.model import LIVE, Booking, Form, FormOptions
from bot.forms.wording import SKILL, Wording, button
from bot.skill import Json, SkillStep, Turn

SHOWN_BOOKINGS = 4  # LINE takes five messages, and one is the heading


class Filling:
    """The forms of one city."""

    def __init__(
        self,
        forms: Mapping[str, Form],
        wording: Wording,
        hours: Hours,
        options: FormOptions = FormOptions(),  # noqa: B008 -- a frozen value
    ) -> None:
        self.forms = forms
        self.options = options
        self.hours = hours
        self._wording = wording
        self._commands = Commands(wording.words)

    def starts(self, text: str) -> Json | None:
        """The state to begin with, if `text` names a form or asks for one's bookings."""
        if (found := self._commands.find(text)) == "mine":
            return {"do": "mine"}
        if found:
            return None
        named = self._commands.form(text, self.forms)
        return {"do": named} if named else None

    def step(self, state: Json, turn: Turn) -> SkillStep:
        """What to do about an event."""
        facts: FormFacts = turn.facts or FormFacts()
        if "do" in state:
            return self._do(str(state["do"]), turn, facts)
        filler = self._filler(state, turn, facts)
        return filler.event() if filler else SkillStep(state=None, taken=False)

    def _filler(self, state: Json | None, turn: Turn, facts: FormFacts) -> Filler | None:
        """The form that is going on; None if the city no longer has it."""
        draft = Draft.of(state) if state and "form" in state else None
        form = self.forms.get(draft.form) if draft else None
        if draft is None or form is None:
            return None
        gone = frozenset(field for field, message in draft.sources.items() if message in facts.erased)
        return Filler(
            form=form,
            draft=draft.without(gone) if gone else draft,
            turn=turn,
            facts=facts,
            wording=self._wording,
            commands=self._commands,
            hours=self.hours,
            options=self.options,
        )

    def _do(self, command: str, turn: Turn, facts: FormFacts) -> SkillStep:
        verb, _, rest = command.partition(":")
        if not rest and (form := self.forms.get(verb)):
            return self._begin(form, turn, facts)
        match verb:
            case "again" if form := self.forms.get(rest):
                return self._anew(form, turn, facts)
            case "resume" if form := self.forms.get(rest):
                filler = self._filler(self._kept(form, facts), turn, facts)
                return filler.go_on() if filler else self._anew(form, turn, facts)
            case "mine":
                return self._mine(turn, facts)
            case "cancel":
                return self._ask_cancel(rest, turn, facts)
            case "drop":
                return self._drop(rest, turn, facts)
        if filler := self._filler(facts.running, turn, facts):
            return filler.press(verb, rest)
        return SkillStep(state=None, actions=(self._wording.say("gone"),))

    def _kept(self, form: Form, facts: FormFacts) -> Json | None:
        """What is known of a form that was begun before."""
        for state in (facts.running, facts.draft):
            if state and state.get("form") == form.id and state.get("answers"):
                return state
        return None

    def _begin(self, form: Form, turn: Turn, facts: FormFacts) -> SkillStep:
        if facts.live >= self.options.live_bookings:
            return SkillStep(state=facts.running, actions=(self._wording.say("too_many"),))
        if kept := self._kept(form, facts):
            draft = replace(Draft.of(kept), phase="resume", at=turn.now.isoformat())
            asked = self._wording.titled(
                "resume", form, button("continue", f"resume:{form.id}"), button("again", f"again:{form.id}")
            )
            return SkillStep(state=draft.json(), actions=(asked,))
        return self._anew(form, turn, facts)

    def _anew(self, form: Form, turn: Turn, facts: FormFacts) -> SkillStep:
        filler = self._filler(Draft(form=form.id).json(), turn, facts)
        assert filler is not None
        begun = filler.begin()
        if not self._kept(form, facts):
            return begun
        discard = Effect(skill=SKILL, kind="discard", data={"form": form.id})
        return replace(begun, actions=(discard, *begun.actions))

    # One's bookings

    def _mine(self, turn: Turn, facts: FormFacts) -> SkillStep:
        actions: list[Action] = []
        for booking in facts.bookings[:SHOWN_BOOKINGS]:
            if form := self.forms.get(booking.form):
                when = local_value(booking, self.hours.zone)
                buttons = (button("cancel", f"cancel:{booking.receipt}"),) if booking.state in LIVE else ()
                actions.append(self._wording.booking(form, booking, when, *buttons))
        if not actions:
            return SkillStep(state=facts.running, actions=(self._wording.say("none"),))
        return SkillStep(state=facts.running, actions=(self._wording.say("mine"), *actions))

    def _find(self, receipt: str, facts: FormFacts) -> tuple[Booking, Form] | None:
        for booking in facts.bookings:
            if booking.receipt == receipt and booking.form in self.forms:
                return booking, self.forms[booking.form]
        return None

    def _ask_cancel(self, receipt: str, turn: Turn, facts: FormFacts) -> SkillStep:
        found = self._find(receipt, facts)
        if found is None or found[0].state not in LIVE:
            return SkillStep(state=facts.running, actions=(self._wording.say("not_live"),))
        booking, form = found
        if not can_cancel(booking, form, turn.now):
            return SkillStep(state=facts.running, actions=(self._wording.say("too_late"),))
        asked = self._wording.tell(
            lambda tag: self._wording.phrase(
                tag, "cancel_ask", title=in_language(form.title, tag), receipt=receipt
            ),
            button("cancel_yes", f"drop:{receipt}"),
            button("cancel_no", "mine"),
        )
        return SkillStep(state=facts.running, actions=(asked,))

    def _drop(self, receipt: str, turn: Turn, facts: FormFacts) -> SkillStep:
        found = self._find(receipt, facts)
        if found is None or found[0].state not in LIVE or not can_cancel(*found, turn.now):
            return self._ask_cancel(receipt, turn, facts)
        effect = Effect(skill=SKILL, kind="cancel", data={"booking": found[0].id})
        said = self._wording.tell(lambda tag: self._wording.phrase(tag, "cancelled", receipt=receipt))
        return SkillStep(state=facts.running, actions=(effect, said))


def local_value(booking: Booking, zone: ZoneInfo) -> str:
    """When a booking is, in local time; empty where it has no time."""
    if booking.starts_at is None:
        return ""
    local = booking.starts_at.astimezone(zone)
    whole_day = (local.hour, local.minute) == (0, 0)
    return local.date().isoformat() if whole_day else f"{local:%Y-%m-%dT%H:%M}"


def can_cancel(booking: Booking, form: Form, now: dt.datetime) -> bool:
    """Whether the resident may still cancel by themselves: until so many hours before, or until staff confirmed
    what has no time."""
    if booking.starts_at is None:
        return booking.state == "received"
    return now < booking.starts_at - dt.timedelta(hours=form.cancel_hours)
