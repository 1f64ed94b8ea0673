"""A step within one form that is going on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from bot.actions import Action, Effect, Tell
from bot.city import Hours, in_language
from bot.dialogue import PERSON_BUTTON
from bot.events import Followed, LocationReceived, MediaReceived, TextReceived, Unfollowed, VoiceHeard
from bot.forms import answers as reading
from bot.forms.answers import Reading, Right, Wrong, read_option
from bot.forms.commands import Commands
from bot.forms.drafts import Draft, FormFacts, held_place
from bot.forms.model import Field, Form, FormOptions, Option
from bot.forms.showing import fee_of, option_text, show_moment
from bot.forms.slots import Slots, open_options, seats_wanted
from bot.forms.wording import PAGE, SKILL, Wording, button, data, data_of
from bot.model import Button
from bot.replies import LABEL_GRAPHEMES, cut_graphemes
from bot.skill import SkillStep, Turn

FREE = frozenset({"text", "address"})  # any words may be the answer
TRIES = 3  # wrong answers after which a person is offered
_UNDERSTOOD = frozenset({"past", "range", "closed", "full", "time"})  # a day or a time, but not one to be had
_QUESTION = ("?", "？", "؟")
_SMALL_TALK = frozenset({"hello", "thanks", "bye"})


@dataclass(frozen=True, slots=True)
class _More:
    """Part of an answer: more of it is asked."""

    draft: Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """Everything that a step looks at."""

    form: Form
    draft: Draft
    turn: Turn
    facts: FormFacts
    wording: Wording
    commands: Commands
    hours: Hours
    options: FormOptions

    # What happened

    def event(self) -> SkillStep:
        """What to do about something that is no button of a form."""
        field = self._asked()
        match self.turn.event:
            case (
                TextReceived(message_id=message_id, text=text) | VoiceHeard(message_id=message_id, text=text)
            ):
                return self._said(text, message_id)
            case LocationReceived(message_id=message_id, place=place) if field and field.kind in (
                "location",
                "address",
            ):
                value = {"lat": round(place.latitude, 6), "lon": round(place.longitude, 6)}
                return self._accept(field, value, message_id)
            case MediaReceived(message_id=message_id, kind="image") if field and field.kind == "photo":
                kept = Effect(skill=SKILL, kind="photo", data={"message": message_id})
                return _after(kept, self._accept(field, message_id, message_id))
            case Followed() | Unfollowed():
                return SkillStep(state=self.draft.json(), taken=False)
        return self._aside()

    def press(self, verb: str, rest: str) -> SkillStep:
        """A button of this or of an older question was pressed."""
        match verb:
            case "a":
                form_id, _, answer = rest.partition(":")
                field_id, _, value = answer.partition(":")
                field = self.form.field(field_id) if form_id == self.form.id else None
                if field is None or field not in self._active():
                    return self._ask(self.wording.say("old_button"))
                here = replace(self, draft=replace(self.draft, phase="fill", field=field.id))
                if self.draft.phase == "review":
                    here = replace(here, draft=replace(here.draft, changing=True))
                return here._chosen(field, value)
            case "back":
                return self._back()
            case "skip":
                return self._skip()
            case "change":
                return self._change(rest) if rest else self._choose()
            case "send" if self.draft.phase == "review":
                return self._send()
            case "stop":
                return self._stop()
            case "later":
                return self._later()
            case "page" if rest.isdecimal() and len(rest) < 4:
                return replace(self, draft=replace(self.draft, page=int(rest)))._ask()
        return self._ask()

    def begin(self) -> SkillStep:
        """The introduction and the first question."""
        intro = self.wording.tell(lambda tag: in_language(self.form.intro, tag))
        return self._next(intro)

    def go_on(self) -> SkillStep:
        """The question that was asked last, or the summary."""
        return replace(self, draft=replace(self.draft, phase="fill"))._next()

    # Where we are

    def _active(self) -> tuple[Field, ...]:
        return self.form.active(self.draft.answers)

    def _asked(self) -> Field | None:
        """The field that was asked and is still to be answered now."""
        if self.draft.phase != "fill":
            return None
        return next((field for field in self._active() if field.id == self.draft.field), None)

    def _slots(self, field: Field) -> Slots:
        return Slots(
            field,
            self.draft.answers,
            hours=self.hours,
            now=self.turn.now,
            taken=self.facts.taken,
            seats=seats_wanted(self.form, self.draft.answers),
        )

    def _options(self, field: Field) -> tuple[Option, ...]:
        seats = seats_wanted(self.form, self.draft.answers)
        return open_options(field, now=self.turn.now, taken=self.facts.taken, seats=seats)

    # Words

    def _said(self, text: str, message_id: str) -> SkillStep:
        command = self.commands.find(text)
        if self.turn.trigger == "cancel" or command == "stop":
            return self._stop()
        if self._is_stale() and not self._answers_after_a_pause(text):
            return self._left()
        if self.turn.trigger in _SMALL_TALK:
            return self._aside()
        match command:
            case "back" | "later":
                return self.press(command, "")
            case "skip" if self._may_mean_skip():
                return self._skip()
            case "change":
                return self._choose()
        if (name := self.commands.after(text, "change")) and (field := self._named(name)):
            return self._change(field.id)
        match self.draft.phase:
            case "resume":
                return self._resumed(text)
            case "review":
                return self._reviewed(text, command)
            case "choose":
                field = self._named(text)
                return self._change(field.id) if field else self._unclear(text, "choose")
        return self._answered(text, message_id)

    def _may_mean_skip(self) -> bool:
        """Whether "none" skips the question, and is not one of its answers."""
        field = self._asked()
        return field is not None and (field.optional or field.kind in FREE)

    def _is_stale(self) -> bool:
        if not self.draft.at:
            return False
        idle = self.turn.now - dt.datetime.fromisoformat(self.draft.at)
        return idle > dt.timedelta(seconds=self.options.pause_s)

    def _answers_after_a_pause(self, text: str) -> bool:
        """Whether the words of somebody who was away are clearly an answer."""
        field = self._asked()
        if field is None:
            return self.turn.trigger in ("yes", "no") or bool(self.commands.find(text))
        return bool(self.commands.find(text)) or (
            field.kind not in FREE and not isinstance(self._read(field, text), Wrong)
        )

    def _left(self) -> SkillStep:
        """The form was left and is kept; what was said now is about something else."""
        reminder = self.wording.titled("unfinished", self.form, button("continue", f"resume:{self.form.id}"))
        return SkillStep(state=None, taken=False, reminder=(reminder,))

    def _resumed(self, text: str) -> SkillStep:
        if self.turn.trigger == "yes":
            return self.go_on()
        if self.turn.trigger == "no":
            return replace(self, draft=Draft(form=self.form.id)).begin()
        return self._unclear(text, "yes_no")

    def _reviewed(self, text: str, command: str) -> SkillStep:
        if self.turn.trigger == "yes" or command == "send":
            return self._send()
        if self.turn.trigger == "no":
            return self._choose()
        if field := self._named(text):
            return self._change(field.id)
        return self._unclear(text, "review")

    def _named(self, text: str) -> Field | None:
        """The field whose label is named, or that has this place in the list."""
        fields = self._answered_fields()
        options = [Option(id=field.id, texts=field.label) for field in fields]
        found = read_option(text, options)
        return self.form.field(found.id) if found else None

    def _answered_fields(self) -> tuple[Field, ...]:
        return tuple(field for field in self._active() if field.id in self.draft.answers)

    def _answered(self, text: str, message_id: str) -> SkillStep:
        field = self._asked()
        if field is None:
            return self._next()
        asks = text.strip().endswith(_QUESTION)
        if field.kind in FREE and asks and not field.question:
            return self._aside()
        found = self._read(field, text)
        match found:
            case Right(value=value):
                return self._accept(field, value, message_id)
            case _More(draft=draft):
                return replace(self, draft=draft)._ask()
            case Wrong(why=why) if why in _UNDERSTOOD:
                return self._wrong(found)
        return self._unclear(text, found)

    def _unclear(self, text: str, why: Wrong | str) -> SkillStep:
        """No answer: a question about something else, or a mistake."""
        if text.strip().endswith(_QUESTION) or self.turn.article:
            return self._aside()
        return self._wrong(why if isinstance(why, Wrong) else Wrong(why=why))

    # Reading answers

    def _read(self, field: Field, text: str) -> Reading | _More:
        match field.kind:
            case "choice":
                found = read_option(text, self._options(field))
                return Right(found.id) if found else Wrong(why="choice")
            case "items":
                if self.draft.picked and (self._means(text, "enough") or self.turn.trigger == "no"):
                    return Right(list(self.draft.picked))
                found = read_option(text, field.options)
                return self._pick(field, found.id) if found else Wrong(why="choice")
            case "date" | "slot":
                slots = self._slots(field)
                moment = reading.read_moment(
                    text,
                    self.turn.language,
                    today=self.turn.now.date(),
                    words=self.wording.words,
                    serves=slots.could_mean,
                )
                return self._moment(field, slots, moment.day, moment.time)
            case "yes_no" | "confirm":
                return self._read_yes(field, text)
            case "number":
                return reading.read_number(text, field)
            case "phone":
                return reading.read_phone(text)
            case "photo" | "location":
                return Wrong(why=field.kind)
        return reading.read_text(text, field)

    def _means(self, text: str, command: str) -> bool:
        return self.commands.find(text) == command

    def _read_yes(self, field: Field, text: str) -> Reading:
        said = self.turn.trigger
        if said not in ("yes", "no"):
            options = [
                Option(id=word, texts={tag: self.wording.phrase(tag, word) for tag in self.wording.languages})
                for word in ("yes", "no")
            ]
            found = read_option(text, options)
            said = found.id if found else ""
        return self._yes(field, said)

    def _yes(self, field: Field, said: str) -> Reading:
        if said == "yes":
            return Right(True)
        if said == "no" and field.kind == "yes_no":
            return Right(False)
        return Wrong(why="confirm" if field.kind == "confirm" else "yes_no")

    def _pick(self, field: Field, option_id: str) -> Reading | _More:
        picked = (*self.draft.picked, option_id)
        if len(picked) >= field.most:
            return Right(list(picked))
        return _More(replace(self.draft, picked=picked, page=0, wrong=0))

    def _moment(
        self, field: Field, slots: Slots, day: dt.date | None, time: dt.time | None
    ) -> Reading | _More:
        if day is None and self.draft.day:
            day = dt.date.fromisoformat(self.draft.day)
        if day is None:
            return Wrong(why="date")
        if day < self.turn.now.date():
            return Wrong(why="past")
        if not slots.in_range(day):
            bounds = (("first", slots.first.isoformat()), ("last", slots.last.isoformat()))
            return Wrong(why="range", values=bounds)
        shown = (("day", day.isoformat()),)
        if not slots.serves(day):
            return Wrong(why="closed", values=shown)
        free = slots.times(day)
        if not free:
            return Wrong(why="full", values=shown)
        if not field.rule.times:
            return Right(slots.value(day, dt.time()))
        if time is None:
            return _More(replace(self.draft, day=day.isoformat(), page=0, wrong=0))
        return Right(slots.value(day, time)) if time in free else Wrong(why="time", values=shown)

    def _chosen(self, field: Field, value: str) -> SkillStep:
        """A button with an answer."""
        found = self._read_chosen(field, value)
        match found:
            case Right(value=right):
                return self._accept(field, right, "")
            case _More(draft=draft):
                return replace(self, draft=draft)._ask()
        return self._wrong(found)

    def _read_chosen(self, field: Field, value: str) -> Reading | _More:
        match field.kind:
            case "choice":
                known = any(option.id == value for option in self._options(field))
                return Right(value) if known else Wrong(why="choice")
            case "number":
                return reading.read_number(value, field)
            case "items":
                if value == ".enough" and self.draft.picked:
                    return Right(list(self.draft.picked))
                return self._pick(field, value) if field.option(value) else Wrong(why="choice")
            case "yes_no" | "confirm":
                return self._yes(field, value)
            case "date" | "slot":
                try:
                    moment = dt.datetime.fromisoformat(value)
                except ValueError:
                    return Wrong(why="date")
                time = moment.time() if "T" in value else None
                return self._moment(field, self._slots(field), moment.date(), time)
        return Wrong(why=field.kind)

    # Steps

    def _accept(self, field: Field, value: Any, message_id: str) -> SkillStep:
        draft = self.draft.with_answer(self.form, field, value, message_id)
        return replace(self, draft=draft)._next()

    def _next(self, *before: Action) -> SkillStep:
        """The next question, or the summary."""
        waiting = next((field for field in self._active() if field.id not in self.draft.answers), None)
        if waiting is None:
            draft = replace(self.draft, phase="review", field="", changing=False, wrong=0)
        else:
            draft = replace(self.draft, phase="fill", field=waiting.id)
        return replace(self, draft=draft)._ask(*before)

    def _back(self) -> SkillStep:
        if self.draft.day or self.draft.picked:
            return replace(self, draft=replace(self.draft, day="", picked=(), page=0))._ask()
        fields = self._active()
        place = next((at for at, one in enumerate(fields) if one.id == self.draft.field), len(fields))
        if self.draft.phase == "choose" or self.draft.changing:
            return replace(self, draft=replace(self.draft, changing=False))._next()
        before = fields[max(0, place - 1)]
        return replace(self, draft=replace(self.draft, phase="fill", field=before.id, page=0))._ask()

    def _skip(self) -> SkillStep:
        field = self._asked()
        if field is None:
            return self._ask()
        if not field.optional:
            return self._wrong(Wrong(why="needed"))
        return self._accept(field, None, "")

    def _choose(self) -> SkillStep:
        if not self._answered_fields():
            return self._ask()
        return replace(self, draft=replace(self.draft, phase="choose", page=0))._ask()

    def _change(self, field_id: str) -> SkillStep:
        if not any(field.id == field_id for field in self._active()):
            return self._ask()
        draft = replace(
            self.draft, phase="fill", field=field_id, changing=True, page=0, day="", picked=(), wrong=0
        )
        return replace(self, draft=draft)._ask()

    def _stop(self) -> SkillStep:
        discard = Effect(skill=SKILL, kind="discard", data={"form": self.form.id})
        said = self.wording.say("stopped", button("again", f"again:{self.form.id}"))
        return SkillStep(state=None, actions=(discard, said))

    def _later(self) -> SkillStep:
        said = self.wording.titled("saved", self.form, button("continue", f"resume:{self.form.id}"))
        return SkillStep(state=None, actions=(self._save(), said))

    def _send(self) -> SkillStep:
        if trouble := self._lost():
            draft = replace(self.draft.without(frozenset({trouble.id})), changing=True)
            return replace(self, draft=draft)._next(self.wording.say("filled_meanwhile"))
        if any(field.id not in self.draft.answers for field in self._active()):
            return self._next()
        answers = self.draft.fitting(self.form)
        held = held_place(self.form, answers)
        data = {
            "form": self.form.id,
            "language": self.turn.language,
            "answers": answers,
            "sources": {key: self.draft.sources[key] for key in answers if key in self.draft.sources},
            "place": held.key,
            "capacity": held.capacity,
            "seats": seats_wanted(self.form, answers),
            "starts_at": held.starts_at.isoformat() if held.starts_at else "",
            "fee": fee_of(self.form, answers),
        }
        done = self.wording.done(self.form.done)
        receipt = self.wording.say("receipt", button("mine", "mine"))
        return SkillStep(state=None, actions=(Effect(skill=SKILL, kind="submit", data=data), done, receipt))

    def _lost(self) -> Field | None:
        """A field whose day, time or place can no longer be had."""
        for field in self._active():
            value = self.draft.answers.get(field.id)
            if value is None:
                continue
            if field.kind in ("date", "slot") and not self._slots(field).is_free(value):
                return field
            if field.kind == "choice" and not any(one.id == value for one in self._options(field)):
                return field
        return None

    def _wrong(self, wrong: Wrong) -> SkillStep:
        tries = self.draft.wrong + 1
        here = replace(self, draft=replace(self.draft, wrong=tries))

        def sentence(tag: str) -> str:
            values = {
                key: show_moment(value, tag) if key in ("day", "first", "last") else value
                for key, value in wrong.values
            }
            return self.wording.phrase(tag, f"error.{wrong.why}", **values)

        return here._ask(self.wording.tell(sentence))

    def _aside(self) -> SkillStep:
        """Not for the form: the dialogue answers, and the question is asked again."""
        asked = self._question()
        return SkillStep(
            state=self._touched().json(), taken=False, reminder=(self.wording.say("going_on"), *asked)
        )

    # Asking

    def _touched(self) -> Draft:
        return replace(self.draft, at=self.turn.now.isoformat())

    def _save(self) -> Effect:
        return Effect(skill=SKILL, kind="save", data={"form": self.form.id, "state": self._touched().json()})

    def _ask(self, *before: Action) -> SkillStep:
        save = (self._save(),) if self.draft.answers or self.draft.picked else ()
        return SkillStep(state=self._touched().json(), actions=(*save, *before, *self._question()))

    def _question(self) -> list[Action]:
        match self.draft.phase:
            case "review":
                buttons = (button("send", "send"), button("change", "change"), button("stop", "stop"))
                return [*self.wording.summary(self.form, self.draft, *buttons)]
            case "choose":
                return [self._which()]
            case "resume":
                return [
                    self.wording.titled(
                        "resume",
                        self.form,
                        button("continue", f"resume:{self.form.id}"),
                        button("again", f"again:{self.form.id}"),
                    )
                ]
        field = self._asked()
        return [self._ask_field(field)] if field else []

    def _which(self) -> Tell:
        fields = self._answered_fields()
        buttons = [Button(texts=field.label, data=data(f"change:{field.id}")) for field in fields[: PAGE + 3]]

        def text(tag: str) -> str:
            lines = (f"{at}. {in_language(field.label, tag)}" for at, field in enumerate(fields, 1))
            return "\n".join([self.wording.phrase(tag, "which"), *lines])

        return self.wording.tell(text, *buttons, button("back", "back"))

    def _ask_field(self, field: Field) -> Tell:
        choices, listed = self._choices(field)
        leading = [button("back", "back")] if field != self.form.fields[0] or self.draft.changing else []
        if field.optional:
            leading.append(button("skip", "skip"))
        leading.append(PERSON_BUTTON if self.draft.wrong >= TRIES else button("later", "later"))
        place = self.form.fields.index(field) + 1
        total = len(self.form.fields)

        def text(tag: str) -> str:
            parts = [f"[{place}/{total}] {in_language(field.ask, tag)}"]
            if more := listed(tag):
                parts.append(more)
            return "\n".join(parts)

        return self.wording.tell(text, *choices, *leading)

    def _choices(self, field: Field) -> tuple[list[Button], Any]:
        """The buttons with answers, and what is written under the question."""
        match field.kind:
            case "choice":
                options = self._options(field)
                if not options:
                    return [], lambda tag: self.wording.phrase(tag, "error.nothing_free")
                return self._option_buttons(field, options), lambda tag: self.wording.options(
                    field, options, tag
                )
            case "items":
                return self._item_buttons(field), lambda tag: self._items(field, tag)
            case "yes_no":
                return [self._answer_button(field, word) for word in ("yes", "no")], _nothing
            case "confirm":
                agree = Button(label="form.button.agree", data=data_of(self.form, field, "yes"))
                return [agree, button("stop", "stop")], _nothing
            case "date" | "slot":
                return self._slot_buttons(field)
            case "location" | "address":
                return [Button(label="form.button.location", kind="location")], _nothing
            case "photo":
                return [Button(label="form.button.camera", kind="camera")], _nothing
            case "number" if field.most - field.least < PAGE:
                numbers = range(field.least, field.most + 1)
                return [
                    Button(label=str(one), literal=True, data=data_of(self.form, field, str(one)))
                    for one in numbers
                ], _nothing
        return [], _nothing

    def _answer_button(self, field: Field, word: str) -> Button:
        return Button(label=f"form.{word}", data=data_of(self.form, field, word))

    def _paged(self, buttons: list[Button]) -> list[Button]:
        """A page of buttons, with one that leads to the next; after the last comes the first."""
        pages = -(-len(buttons) // PAGE) or 1
        page = self.draft.page % pages
        shown = buttons[page * PAGE : (page + 1) * PAGE]
        return [*shown, button("more", f"page:{(page + 1) % pages}")] if pages > 1 else shown

    def _option_buttons(self, field: Field, options: tuple[Option, ...]) -> list[Button]:
        return self._paged(
            [
                Button(texts=_labelled(place, option), data=data_of(self.form, field, option.id))
                for place, option in enumerate(options, 1)
            ]
        )

    def _item_buttons(self, field: Field) -> list[Button]:
        enough = [Button(label="form.button.enough", data=data_of(self.form, field, ".enough"))]
        return [*(enough if self.draft.picked else []), *self._option_buttons(field, field.options)]

    def _items(self, field: Field, tag: str) -> str:
        if not self.draft.picked:
            return self.wording.options(field, field.options, tag)
        names = ", ".join(option_text(field, one, tag) for one in self.draft.picked)
        return self.wording.phrase(tag, "items_so_far", items=names)

    def _slot_buttons(self, field: Field) -> tuple[list[Button], Any]:
        slots = self._slots(field)
        if self.draft.day:
            day = dt.date.fromisoformat(self.draft.day)
            times = slots.times(day)
            buttons = [
                Button(
                    label=f"{time:%H:%M}",
                    literal=True,
                    data=data_of(self.form, field, slots.value(day, time)),
                )
                for time in times
            ]
            return self._paged(buttons), lambda tag: self.wording.phrase(
                tag, "which_time", day=show_moment(day.isoformat(), tag)
            )
        days = list(slots.days())
        if not days:
            return [], lambda tag: self.wording.phrase(tag, "error.nothing_free")
        buttons = [
            Button(
                texts={tag: show_moment(day.isoformat(), tag) for tag in self.wording.languages},
                data=data_of(self.form, field, day.isoformat()),
            )
            for day in days[: PAGE - 1]
        ]
        picker = Button(
            label="form.button.pick_date",
            kind="date",
            data=data_of(self.form, field, ""),
            initial=days[0].isoformat(),
            least=days[0].isoformat(),
            most=days[-1].isoformat(),
        )
        return [*buttons, picker], _nothing


def _nothing(tag: str) -> str:
    return ""


def _labelled(place: int, option: Option) -> dict[str, str]:
    """Labels of a button: what would be cut begins with its number in the list."""
    return {
        tag: f"{place}. {text}" if cut_graphemes(text, LABEL_GRAPHEMES) != text else text
        for tag, text in option.texts.items()
    }


def _after(effect: Effect, step: SkillStep) -> SkillStep:
    return replace(step, actions=(effect, *step.actions))
