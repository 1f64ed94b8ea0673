"""The check-in: is somebody safe, may it be kept, where are they, how many, what do they need.

Pure. Every answer is stored at once, so that a check-in that breaks off after the first question is of use already;
what is asked next is the first thing that is not known. Each button carries its whole answer, so an old button still
says what it said, and an answer can be given again at any time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from bot.actions import Action, AddToRequest, Effect, OpenRequest, Say, ShowCard
from bot.city import City
from bot.disaster.areas import Areas
from bot.disaster.model import (
    CONSENTS,
    MOST_PEOPLE,
    NEEDS,
    PLACES,
    CheckIn,
    Disaster,
    DisasterOptions,
)
from bot.disaster.words import DisasterWords
from bot.events import LocationReceived, Pressed, TextReceived, VoiceHeard
from bot.model import Button, Card, Label, Place
from bot.skill import Json, SkillStep, Turn

SKILL = "checkin"
DEPARTMENT = "disaster"

_MOST_BUTTONS = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInFacts:
    """What the interview has to know."""

    disaster: Disaster | None = None
    checkin: CheckIn | None = None
    open_shelters: tuple[str, ...] = ()
    request: str = ""  # id of the resident's request that is not closed
    message: str = ""  # a new id, for the message that asks for help


def answer_button(label: str, value: str) -> Button:
    """A button of the check-in; `value` is what `Interview` reads."""
    return Button(label=label, data=urlencode({"do": SKILL, "v": value}))


SAFE_BUTTON = answer_button("disaster.checkin.safe", "safe:safe")
HELP_BUTTON = answer_button("disaster.checkin.help", "safe:help")
QUIET_BUTTON = answer_button("disaster.checkin.quiet", "quiet")
MOVED_BUTTON = answer_button("disaster.checkin.moved", "moved")
SAME_BUTTON = answer_button("disaster.checkin.same", "same")
CHANGES = (
    MOVED_BUTTON,
    answer_button("disaster.checkin.change_people", "people"),
    answer_button("disaster.checkin.change_needs", "needs"),
    HELP_BUTTON,
    QUIET_BUTTON,
    answer_button("disaster.checkin.erase", "erase"),
)


class Interview:
    """Decides what the check-in says and stores."""

    def __init__(self, city: City, areas: Areas, words: DisasterWords, options: DisasterOptions) -> None:
        self._city = city
        self._areas = areas
        self._words = words
        self._options = options

    def begins(self, text: str) -> Json | None:
        """The state for words that begin or change a check-in."""
        if how := self._words.answer("safe", text):
            return {"do": f"safe:{how}", "said": True}
        command = self._words.command(text)
        if command == "safe":
            return {"do": "safe:safe", "said": True}
        if command in ("start", "moved", "people", "needs", "quiet"):
            return {"do": command, "said": True}
        count = self._words.count(text)
        return {"do": f"people:{count}", "said": True} if count else None

    def step(self, state: Json, turn: Turn) -> SkillStep:
        facts: CheckInFacts = turn.facts
        if facts.disaster is None:
            if state.get("said") or not isinstance(turn.event, Pressed):
                return SkillStep(state=None, taken=False)  # on an ordinary day these are words like others
            return SkillStep(state=None, actions=(Say(phrase="disaster.checkin.inactive"),))
        checkin = facts.checkin or CheckIn(disaster_id=facts.disaster.id, resident_id="")
        if "do" in state:
            return self._do(str(state["do"]), checkin, facts)
        if turn.trigger == "cancel":
            return SkillStep(state=None, actions=(Say(phrase="disaster.checkin.stopped"),))
        if isinstance(turn.event, LocationReceived) and checkin.kept:
            return self._located(turn.event, checkin, facts)
        value = self._read(state, turn)
        if value:
            return self._do(value, checkin, facts)
        at = str(state.get("at", "safe"))
        again = self._ask(at, checkin, facts, state)
        return SkillStep(state=state, taken=False, reminder=again.actions)

    def _read(self, state: Json, turn: Turn) -> str:
        """The answer to the question that was asked, in the form of a button's value; empty if it is none."""
        at = str(state.get("at", ""))
        match turn.event:
            case TextReceived(text=text) | VoiceHeard(text=text):
                if at in ("people", "children", "elderly"):
                    number = self._words.number(text)
                    before = [str(state[name]) for name in ("total", "children") if name in state]
                    return "" if number is None else ":".join([at, *before, str(number)])
                found = self._words.answer(at, text)
                if at == "consent" and found:
                    return f"consent:{found}:{state.get('safe', 'safe')}"
                return f"{at}:{found}" if found else ""
        return ""

    def _do(self, value: str, checkin: CheckIn, facts: CheckInFacts) -> SkillStep:
        """Follow an answer or a wish. What cannot be read begins the check-in."""
        name, *rest = value.split(":")
        match name, rest:
            case "start", []:
                return self._done(checkin) if checkin.kept else self._ask("safe", checkin, facts)
            case "safe", [("safe" | "help") as how]:
                return self._safe(how, checkin, facts)
            case "consent", [how, safe] if how in CONSENTS and safe in ("safe", "help"):
                return self._consent(how, safe, checkin, facts)
            case "quiet", []:
                said = Say(phrase="disaster.checkin.quiet_done", buttons=(HELP_BUTTON,))
                return SkillStep(state=None, actions=(_save(quiet=True), said))
            case "erase", []:
                erase = Effect(skill=SKILL, kind="erase")
                return SkillStep(state=None, actions=(erase, Say(phrase="disaster.checkin.erased")))
        if not checkin.kept:
            return self._ask("safe", checkin, facts)
        match name, rest:
            case "same", []:
                said = Say(phrase="disaster.checkin.same_said", buttons=(QUIET_BUTTON, HELP_BUTTON))
                return SkillStep(state=None, actions=(_save(), said))
            case (("moved" | "place"), []):
                return self._ask("place", checkin, facts)
            case "place", [place] if place in PLACES:
                return self._place(place, checkin, facts)
            case "shelter", [shelter] if shelter == "other_shelter" or shelter in self._city.shelters:
                return self._shelter(shelter, checkin, facts)
            case "location", [area]:
                return self._area(area, checkin, facts)
            case (("people" | "children" | "elderly"), numbers):
                return self._people(numbers, checkin, facts)
            case "needs", _:
                return self._needs(rest, checkin, facts)
        return self._ask("safe", checkin, facts)

    def _safe(self, how: str, checkin: CheckIn, facts: CheckInFacts) -> SkillStep:
        actions: tuple[Action, ...] = ()
        if how == "help":
            actions = self._call_help(facts)
        if how == "help" or checkin.kept:
            actions = (_save(safe=how), *actions)
            checkin = replace(checkin, safe=how)
        if checkin.kept:
            return self._next(checkin, facts, actions)
        asked = self._ask("consent", checkin, facts, {"safe": how})
        return replace(asked, actions=(*actions, *asked.actions))

    def _call_help(self, facts: CheckInFacts) -> tuple[Action, ...]:
        """An urgent request to the disaster desk, or more urgency for the one that waits."""
        effect = Effect(skill=SKILL, kind="help", data={"message": facts.message, "request": facts.request})
        passed: Action = OpenRequest(message_id=facts.message, department=DEPARTMENT, urgent=True)
        if facts.request:
            passed = AddToRequest(request_id=facts.request, message_id=facts.message)
        return effect, passed, Say(phrase="disaster.checkin.help_said")

    def _consent(self, how: str, safe: str, checkin: CheckIn, facts: CheckInFacts) -> SkillStep:
        if how == "none":
            refused = Say(phrase="disaster.checkin.refused", buttons=(HELP_BUTTON,))
            return SkillStep(state=None, actions=(Effect(skill=SKILL, kind="erase"), refused))
        changes: dict[str, Any] = {"consent": how, "safe": checkin.safe or safe, "quiet": False}
        return self._next(replace(checkin, **changes), facts, (_save(**changes),))

    def _place(self, place: str, checkin: CheckIn, facts: CheckInFacts) -> SkillStep:
        changes: dict[str, Any] = {
            "place": place,
            "shelter_id": "",
            "latitude": None,
            "longitude": None,
            "area": "",
        }
        asked = self._ask("shelter" if place == "shelter" else "location", checkin, facts)
        return replace(asked, actions=(_save(**changes), *asked.actions))

    def _shelter(self, shelter_id: str, checkin: CheckIn, facts: CheckInFacts) -> SkillStep:
        if shelter_id == "other_shelter":
            return self._ask("location", checkin, facts)
        area = self._areas.nearest(self._city.shelters[shelter_id].place)
        changes: dict[str, Any] = {"place": "shelter", "shelter_id": shelter_id, "area": area}
        return self._next(replace(checkin, **changes), facts, (_save(**changes),))

    def _area(self, area: str, checkin: CheckIn, facts: CheckInFacts) -> SkillStep:
        changes: dict[str, Any] = {"area": area} if area in self._areas else {}
        return self._next(replace(checkin, **changes), facts, (_save(**changes),))

    def _located(self, event: LocationReceived, checkin: CheckIn, facts: CheckInFacts) -> SkillStep:
        """Whoever answers somebody who asked for help sees the place too."""
        step = self._location(event.place, checkin, facts)
        if not facts.request:
            return step
        added = AddToRequest(request_id=facts.request, message_id=event.message_id)
        return replace(step, actions=(added, *step.actions))

    def _location(self, place: Place, checkin: CheckIn, facts: CheckInFacts) -> SkillStep:
        changes: dict[str, Any] = {
            "latitude": round(place.latitude, 5),
            "longitude": round(place.longitude, 5),
            "area": self._areas.nearest(place),
            "place": checkin.place or "other",
        }
        return self._next(replace(checkin, **changes), facts, (_save(**changes),))

    def _people(self, said: list[str], checkin: CheckIn, facts: CheckInFacts) -> SkillStep:
        """All, then the children among them, then the elderly."""
        if not all(number.isascii() and number.isdecimal() and len(number) <= 2 for number in said):
            return self._ask("people", checkin, facts)
        numbers = [int(number) for number in said[:3]]
        wrong = not numbers or not 1 <= numbers[0] <= MOST_PEOPLE or sum(numbers[1:]) > numbers[0]
        if wrong:
            return self._ask("people", checkin, facts)
        total, *others = numbers
        if total == 1 and not others:
            others = [0]
        if not others:
            return self._ask("children", checkin, facts, {"total": total})
        if len(others) == 1 and others[0] < total:
            return self._ask("elderly", checkin, facts, {"total": total, "children": others[0]})
        children, elderly = (*others, 0)[:2]
        changes: dict[str, Any] = {
            "adults": total - children - elderly,
            "children": children,
            "elderly": elderly,
        }
        return self._next(replace(checkin, **changes), facts, (_save(**changes),))

    def _needs(self, said: list[str], checkin: CheckIn, facts: CheckInFacts) -> SkillStep:
        noted = checkin.needs or ()
        match said:
            case ["none"]:
                answered = replace(checkin, needs=())
                return self._next(answered, facts, (_save(needs=[]),))
            case ["enough"]:
                return self._next(replace(checkin, needs=noted), facts, (_save(needs=list(noted)),))
            case [need] if need in NEEDS:
                noted = tuple(one for one in NEEDS if one in noted or one == need)
                asked = self._ask("needs", replace(checkin, needs=noted), facts)
                return replace(asked, actions=(_save(needs=list(noted)), *asked.actions))
        return self._ask("needs", checkin, facts)

    def _next(self, checkin: CheckIn, facts: CheckInFacts, actions: tuple[Action, ...]) -> SkillStep:
        """Ask for the first thing that is not known, or show the whole."""
        if not checkin.place:
            step = self._ask("place", checkin, facts)
        elif checkin.adults is None:
            step = self._ask("people", checkin, facts)
        elif checkin.needs is None:
            step = self._ask("needs", checkin, facts)
        else:
            step = self._done(checkin)
        return replace(step, actions=(*actions, *step.actions))

    def _ask(
        self, question: str, checkin: CheckIn, facts: CheckInFacts, known: Json | None = None
    ) -> SkillStep:
        """Ask one question. `known` is what the answers before it were."""
        if question == "needs":
            return self._ask_needs(checkin)
        before = {name: known[name] for name in ("safe", "total", "children") if known and name in known}
        said = Say(
            phrase=f"disaster.checkin.ask_{question}",
            values=(("days", str(self._options.keep_days)),),
            buttons=self._buttons(question, facts, before),
        )
        return SkillStep(state={"at": question, **before}, actions=(said,))

    def _buttons(self, question: str, facts: CheckInFacts, before: Json) -> tuple[Button, ...]:
        match question:
            case "consent":
                safe = before.get("safe", "safe")
                return tuple(
                    answer_button(f"disaster.consent.{how}", f"consent:{how}:{safe}") for how in CONSENTS
                )
            case "place":
                return tuple(answer_button(f"disaster.place.{name}", f"place:{name}") for name in PLACES)
            case "shelter":
                return self._shelter_buttons(facts)
            case "location":
                return self._location_buttons()
            case "people":
                return _numbers("people", range(1, 9))
            case "children":
                total = int(before["total"])
                return _numbers(f"children:{total}", range(min(total, 8) + 1))
            case "elderly":
                total, children = int(before["total"]), int(before["children"])
                return _numbers(f"elderly:{total}:{children}", range(min(total - children, 8) + 1))
        return SAFE_BUTTON, HELP_BUTTON

    def _ask_needs(self, checkin: CheckIn) -> SkillStep:
        noted = checkin.needs or ()
        buttons = [
            answer_button(f"disaster.need.{need}", f"needs:{need}") for need in NEEDS if need not in noted
        ]
        if not noted:
            buttons.append(answer_button("disaster.checkin.none", "needs:none"))
            said = Say(phrase="disaster.checkin.ask_needs", buttons=tuple(buttons))
        else:
            buttons = [answer_button("disaster.checkin.enough", "needs:enough"), *buttons]
            said = Say(phrase="disaster.checkin.ask_more", buttons=tuple(buttons))
        return SkillStep(state={"at": "needs"}, actions=(said,))

    def _shelter_buttons(self, facts: CheckInFacts) -> tuple[Button, ...]:
        ids = facts.open_shelters or tuple(self._city.shelters)
        named = [
            Button(texts=self._city.shelters[one].names, data=_data(f"shelter:{one}"))
            for one in ids
            if one in self._city.shelters
        ]
        other = answer_button("disaster.checkin.other_shelter", "shelter:other_shelter")
        return (*named[: _MOST_BUTTONS - 1], other)

    def _location_buttons(self) -> tuple[Button, ...]:
        here = Button(label="disaster.checkin.send_location", kind="location")
        areas = [Button(texts=area.names, data=_data(f"location:{area.id}")) for area in self._areas]
        skip = answer_button("disaster.checkin.skip", "location:skip")
        return (here, *areas[: _MOST_BUTTONS - 2], skip)

    def _done(self, checkin: CheckIn) -> SkillStep:
        """The whole check-in, with what can be changed."""
        rows = [
            (Label(phrase="disaster.label.safe"), Label(phrase=f"disaster.checkin.{checkin.safe or 'safe'}"))
        ]
        rows += [
            (Label(phrase="disaster.label.place"), place)
            for place in (self._place_label(checkin),)
            if place is not None
        ]
        if area := self._areas.get(checkin.area):
            rows.append((Label(phrase="disaster.label.area"), Label(texts=area.names)))
        if checkin.adults is not None:
            rows.append((Label(phrase="disaster.label.people"), Label(phrase="disaster.checkin.people")))
        rows += [
            (Label(phrase="disaster.label.need"), Label(phrase=f"disaster.need.{need}"))
            for need in checkin.needs or ()
        ]
        rows.append(
            (Label(phrase="disaster.label.consent"), Label(phrase=f"disaster.consent.{checkin.consent}"))
        )
        note = Label(phrase="disaster.checkin.note_quiet" if checkin.quiet else "disaster.checkin.note")
        card = Card(title=Label(phrase="disaster.checkin.done"), rows=tuple(rows), note=note, buttons=CHANGES)
        values = _save_values(checkin) | {"hours": self._options.remind_every_h}
        return SkillStep(
            state=None, actions=(Effect(skill=SKILL, kind="show", data=values), ShowCard(card=card))
        )

    def _place_label(self, checkin: CheckIn) -> Label | None:
        shelter = self._city.shelters.get(checkin.shelter_id)
        if shelter is not None:
            return Label(texts=shelter.names)
        return Label(phrase=f"disaster.place.{checkin.place}") if checkin.place else None


def _data(value: str) -> str:
    return answer_button("", value).data


def _save(**changes: Any) -> Effect:
    return Effect(skill=SKILL, kind="save", data=changes)


def _save_values(checkin: CheckIn) -> dict[str, int]:
    """The numbers that the card's words have places for."""
    return {
        "total": checkin.people,
        "adults": checkin.adults or 0,
        "children": checkin.children or 0,
        "elderly": checkin.elderly or 0,
    }


def _numbers(before: str, numbers: range) -> tuple[Button, ...]:
    return tuple(
        Button(label=str(number), literal=True, data=_data(f"{before}:{number}")) for number in numbers
    )
