"""Words that steer a form: back, skip, change, later, stop. They are looked for in every language at once."""

from __future__ import annotations

from collections.abc import Mapping

from bot.forms.model import Form
from bot.triggers import normalise
from core.words import Words

COMMANDS = ("back", "skip", "change", "later", "stop", "send", "enough", "mine")


class Commands:
    """The words of all languages, from the phrases under `form.words`."""

    def __init__(self, words: Words) -> None:
        self._known = {
            normalise(word): command
            for command in COMMANDS
            for tag in words.languages
            for word in words.list(tag, f"form.words.{command}")
        }

    def find(self, text: str) -> str:
        """The command that `text` is, or an empty string."""
        return self._known.get(normalise(text), "")

    def form(self, text: str, forms: Mapping[str, Form]) -> str:
        """The id of the form that `text` asks for, or an empty string."""
        said = normalise(text)
        for form in forms.values():
            if any(said == normalise(word) for words in form.words.values() for word in words):
                return form.id
        return ""

    def after(self, text: str, command: str) -> str:
        """What follows the command's word: "date" of "change date". Empty if the text does not begin with it."""
        said = normalise(text)
        for word, known in sorted(self._known.items(), key=lambda one: -len(one[0])):
            if known != command:
                continue
            if said.startswith(word) and len(said) > len(word):
                return said.removeprefix(word).strip()
            if said.endswith(word) and len(said) > len(word):  # 日付を変更, तारिख बदल्ने
                return said.removesuffix(word).strip()
        return ""
