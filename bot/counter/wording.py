"""What is said about counters: texts in every language at once, since a counter's name differs with each."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Sequence
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import regex

from bot.actions import Say, ShowCard, Tell
from bot.city import in_language
from bot.counter.model import KINDS, MAX_NUMBER, Counter, Kind, Status
from bot.counter.speed import shown_minutes
from bot.model import Button, Card, Label
from bot.triggers import normalise
from core.words import Words

SKILL = "notice"  # the action of all its buttons
LONGEST_ASKED = 80  # characters of a message that is taken for one of these wishes
COMMANDS = ("stop", "list", "papers", "watch", "busy")  # the first that fits
_AROUND = regex.compile(r"\s*#\s*")
_NUMBER = regex.compile(r"(?<!\d)\d{1,4}(?!\d)")


def data(value: str) -> str:
    """What a button of this skill sends."""
    return urlencode({"do": SKILL, "v": value})


def button(label: str, value: str) -> Button:
    """A button with the phrase `notice.button.<label>`."""
    return Button(label=f"notice.button.{label}", data=data(value))


def literally(text: str) -> str:
    """A text whose braces are no placeholders."""
    return text.replace("{", "{{").replace("}", "}}")


def _plain(text: str) -> str:
    """The text with the digits 0 to 9, whichever script's it has."""
    return "".join(str(unicodedata.decimal(char, char)) for char in unicodedata.normalize("NFKC", text))


def _pattern(text: str) -> str:
    """The text with # for its numbers, to be compared with the phrases of `notice.words`."""
    return _AROUND.sub("#", _NUMBER.sub("#", normalise(_plain(text)).replace("#", "")))


def number_in(text: str) -> int | None:
    """The only number that a text has, in any script's digits; None if there is none, or several."""
    found = set(_NUMBER.findall(_plain(text)))
    number = int(found.pop()) if len(found) == 1 else 0
    return number if 1 <= number <= MAX_NUMBER else None


class Wording:
    """Makes and understands texts for the languages of one city."""

    def __init__(self, words: Words, languages: Sequence[str], zone: ZoneInfo) -> None:
        self._words = words
        self._languages = tuple(languages)
        self._zone = zone
        self._wishes = {
            command: sorted(
                {
                    _AROUND.sub("#", normalise(word.replace("#", "0")).replace("0", "#"))
                    for tag in words.languages
                    for word in words.list(tag, f"notice.words.{command}")
                },
                key=len,
                reverse=True,
            )
            for command in COMMANDS
        }

    def wish(self, text: str) -> str:
        """What `text` asks for: one of COMMANDS, or nothing. Looked for in every language at once."""
        said = _pattern(text)
        if len(said) > LONGEST_ASKED:
            return ""
        for command in COMMANDS:
            if command == "watch" and number_in(text) is None:
                continue
            if any(word in said for word in self._wishes[command]):
                return command
        return ""

    def tell(self, make: Callable[[str], str], *buttons: Button) -> Tell:
        """What `make` gives for each language."""
        return Tell(texts={tag: literally(make(tag)) for tag in self._languages}, buttons=buttons)

    def say(self, key: str, *buttons: Button) -> Say:
        """A phrase without values."""
        return Say(phrase=f"notice.{key}", buttons=buttons)

    def phrase(self, tag: str, key: str, /, **values: str) -> str:
        return self._words.get(tag, f"notice.{key}", **values)

    def about(self, key: str, counter: Counter, /, *buttons: Button, **values: str) -> Tell:
        """A phrase about a counter."""
        return self.tell(
            lambda tag: self.phrase(tag, key, counter=in_language(counter.names, tag), **values), *buttons
        )

    def label(self, make: Callable[[str], str]) -> Label:
        """What `make` gives, for a card."""
        return Label(texts={tag: literally(make(tag)) for tag in self._languages})

    def counter_buttons(self, counters: Sequence[Counter], number: int) -> tuple[Button, ...]:
        """One button for each counter, that remembers the number that was given with the wish."""
        return tuple(
            Button(texts=dict(counter.names), data=data(f"at:{counter.id}:{number}")) for counter in counters
        )

    def statuses(self, statuses: Sequence[Status], *buttons: Button) -> ShowCard:
        """How busy every counter is."""
        rows = tuple(
            (
                self.label(lambda tag, one=status: in_language(one.counter.names, tag)),  # type: ignore[misc]
                self.label(lambda tag, one=status: self.status(one, tag)),  # type: ignore[misc]
            )
            for status in statuses
        )
        return ShowCard(card=Card(title=Label(phrase="notice.busy"), rows=rows, buttons=buttons))

    def status(self, status: Status, tag: str) -> str:
        """How busy a counter is, and how old that is."""
        reading = status.reading
        if reading is None:
            return self.phrase(tag, "unknown")
        if not status.fresh:
            return self.phrase(tag, "unknown_since", time=self._time(reading.at))
        minutes = status.age_s // 60
        age = self.phrase(tag, "as_of", minutes=str(minutes)) if minutes else self.phrase(tag, "just_now")
        if not reading.open:
            return f"{self.phrase(tag, 'closed')} ({age})"
        parts = [self.phrase(tag, "row", waiting=str(reading.waiting), called=str(reading.called))]
        if status.wait_s is not None:
            most = shown_minutes(status.wait_s)
            parts.append(
                self.phrase(tag, "about", minutes=str(most)) if most else self.phrase(tag, "no_wait")
            )
        return "\n".join([*parts, f"({age})"])

    def _time(self, moment: dt.datetime) -> str:
        local = moment.astimezone(self._zone)
        return f"{local.month}/{local.day} {local:%H:%M}"

    def choices(self, chosen: dict[str, bool], quiet: tuple[dt.time, dt.time]) -> ShowCard:
        """What the resident is told unasked, with a button to change each kind."""
        rows = tuple(
            (
                Label(phrase=f"notice.kind.{kind}"),
                Label(phrase="notice.on" if chosen.get(kind, True) else "notice.off"),
            )
            for kind in KINDS
        )
        begins, ends = (f"{time:%H:%M}" for time in quiet)
        note = self.label(lambda tag: self.phrase(tag, "quiet", begins=begins, ends=ends))
        buttons = tuple(self._choice(kind, wanted=chosen.get(kind, True)) for kind in KINDS)
        return ShowCard(card=Card(title=Label(phrase="notice.list"), rows=rows, note=note, buttons=buttons))

    def _choice(self, kind: Kind, *, wanted: bool) -> Button:
        value = f"{'off' if wanted else 'on'}:{kind}"
        key = "button.off" if wanted else "button.on"
        texts = {tag: self.phrase(tag, key, kind=self.phrase(tag, f"kind.{kind}")) for tag in self._languages}
        return Button(texts=texts, data=data(value))
