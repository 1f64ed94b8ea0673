"""What filling says: texts in every language at once, so that a change of language needs no second thought."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from bot.actions import Say, ShowCard, Tell
from bot.city import in_language
from bot.forms.drafts import Draft
from bot.forms.model import Booking, Field, Form, Option, Texts
from bot.forms.showing import fee_of, show, show_fee, show_moment
from bot.model import Button, Card, Label
from core.words import Words

SKILL = "form"  # the action of all its buttons
PAGE = 9  # options shown as quick replies at once; LINE takes 13 with the buttons that lead on


def data(value: str) -> str:
    """What a button of forms sends."""
    return urlencode({"do": SKILL, "v": value})


def button(label: str, value: str) -> Button:
    """A button with the phrase `form.button.<label>`."""
    return Button(label=f"form.button.{label}", data=data(value))


def data_of(form: Form, field: Field, value: str) -> str:
    """What a button with an answer sends. A picker adds the chosen day at the end."""
    return data(f"a:{form.id}:{field.id}:{value}")


def literally(text: str) -> str:
    """A text whose braces are no placeholders."""
    return text.replace("{", "{{").replace("}", "}}")


class Wording:
    """Makes messages for the languages of one city."""

    def __init__(self, words: Words, languages: Sequence[str]) -> None:
        self.words = words
        self.languages = tuple(languages)

    def say(self, key: str, *buttons: Button) -> Say:
        """A phrase without values."""
        return Say(phrase=f"form.{key}", buttons=buttons)

    def tell(self, make: Callable[[str], str], *buttons: Button) -> Tell:
        """What `make` gives for each language."""
        return Tell(texts={tag: literally(make(tag)) for tag in self.languages}, buttons=buttons)

    def phrase(self, tag: str, key: str, /, **values: str) -> str:
        return self.words.get(tag, f"form.{key}", **values)

    def titled(self, key: str, form: Form, *buttons: Button) -> Tell:
        """A phrase with the form's title in it."""
        return self.tell(lambda tag: self.phrase(tag, key, title=in_language(form.title, tag)), *buttons)

    def done(self, texts: Texts) -> Tell:
        """What is said after sending. The only text of a form with a placeholder: {receipt}."""
        return Tell(
            texts={
                tag: literally(in_language(texts, tag)).replace("{{receipt}}", "{receipt}")
                for tag in self.languages
            }
        )

    def label(self, make: Callable[[str], str]) -> Label:
        """What `make` gives, for a card."""
        return Label(texts={tag: literally(make(tag)) for tag in self.languages})

    def options(self, field: Field, options: Sequence[Option], tag: str) -> str:
        """Options as a numbered list, with fees and times."""
        lines = []
        for place, option in enumerate(options, 1):
            more = f" {show_fee(option.fee)}" if option.fee else ""
            if option.at:
                more += f" ({show_moment(option.at.isoformat(), tag)})"
            lines.append(f"{place}. {in_language(option.texts, tag)}{more}")
        return "\n".join(lines)

    def summary(self, form: Form, draft: Draft, *buttons: Button) -> list[ShowCard]:
        """The summary for the resident, after the one in Japanese that staff will see."""
        return [self._card(form, draft, ("ja",)), self._card(form, draft, self.languages, *buttons)]

    def _card(self, form: Form, draft: Draft, tags: Sequence[str], *buttons: Button) -> ShowCard:
        """The card in `tags`; with one, that is what everybody reads."""

        def made(make: Callable[[str], str]) -> Label:
            return Label(literal=make(tags[0])) if len(tags) == 1 else self.label(make)

        rows = [
            (
                made(lambda tag, one=field: in_language(one.label, tag)),  # type: ignore[misc]
                made(lambda tag, one=field: show(one, draft.answers[one.id], tag, self.words)),  # type: ignore[misc]
            )
            for field in form.active(draft.answers)
            if field.id in draft.answers
        ]
        if fee := fee_of(form, draft.answers):
            rows.append((made(lambda tag: self.phrase(tag, "fee")), Label(literal=show_fee(fee))))
        title = made(lambda tag: in_language(form.title, tag))
        note = self.label(lambda tag: self.phrase(tag, "review")) if buttons else None
        return ShowCard(card=Card(title=title, rows=tuple(rows), note=note, buttons=buttons))

    def booking(self, form: Form, booking: Booking, zone_time: str, *buttons: Button) -> ShowCard:
        """A booking with its state. `zone_time` is its local time, or empty."""
        rows = [
            (
                self.label(lambda tag: self.phrase(tag, "receipt_label")),
                Label(literal=booking.receipt),
            ),
            (
                self.label(lambda tag: self.phrase(tag, "state_label")),
                self.label(lambda tag: self.phrase(tag, f"state.{booking.state}")),
            ),
        ]
        if zone_time:
            rows.append(
                (
                    self.label(lambda tag: self.phrase(tag, "when_label")),
                    self.label(lambda tag: show_moment(zone_time, tag)),
                )
            )
        title = self.label(lambda tag: in_language(form.title, tag))
        return ShowCard(card=Card(title=title, rows=tuple(rows), buttons=buttons))
