"""What a text is about: its language, words that mean something by themselves, and the articles that may answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.actions import Action, Say, ShowArticle, ShowShelters, ShowTitles
from bot.city import City
from bot.dialogue import Facts, step
from bot.events import TextReceived
from bot.knowledge import Knowledge
from bot.model import Conversation, Findings
from bot.replies import Renderer
from core.errors import InvalidInput
from translation.detection import Detector
from translation.facts.my_number import mask

# Nobody looks for an article about these.
_NO_QUESTION = frozenset({"emergency", "hello", "thanks", "bye", "cancel", "language", "no"})


class Understanding:
    """Reads texts for one city."""

    def __init__(self, city: City, knowledge: Knowledge, detector: Detector, renderer: Renderer) -> None:
        self.city = city
        self._knowledge = knowledge
        self._detector = detector
        self._renderer = renderer

    def read(self, facts: Facts, text: str, *, prior: Sequence[str]) -> Facts:
        """The language and the trigger of `text`; `prior` are languages that its writer used before."""
        detection = self._detector.detect(text, prior=[tag for tag in prior if tag])
        return replace(
            facts,
            detected=detection.language,
            confidence=detection.confidence,
            trigger=self.city.triggers.find(text),
        )

    async def look_up(self, facts: Facts, question: str) -> Facts:
        """The articles for `question`, and the department that they belong to."""
        if not question.strip() or facts.trigger in _NO_QUESTION:
            return facts
        findings = await self._knowledge.find(question)
        return replace(facts, findings=findings, department=self._department(findings))

    def _department(self, findings: Findings) -> str:
        """The department of the best article, if one is at all near."""
        for slug in findings.candidates:
            if article := self.city.article(slug, "ja"):
                return article.department
        return ""

    async def consider(self, text: str, *, language: str = "") -> dict[str, Any]:
        """What the bot would answer to somebody whom it has never met: nothing is stored or sent.

        Raises InvalidInput for an empty text.
        """
        masked = mask(text)
        if not masked.strip():
            raise InvalidInput("There is no question; write what you would ask the city.")
        facts = Facts(languages=self.city.languages, my_number_removed=masked != text)
        facts = self.read(facts, masked, prior=[language])
        if language:
            facts = replace(facts, detected=language, confidence=1.0)
        facts = await self.look_up(facts, masked)
        event = TextReceived(message_id="", text=masked)
        conversation, actions = step(Conversation(language=language), event, facts)
        spoken = conversation.language or "ja"
        return {
            "kind": _kind(actions, facts),
            "article": next((action.slug for action in actions if isinstance(action, ShowArticle)), None),
            "candidates": list(facts.findings.candidates),
            "language": spoken,
            "text": "\n\n".join(reply.text for reply in self._renderer.render(actions, spoken)),
        }


def _kind(actions: Sequence[Action], facts: Facts) -> str:
    """The kind of answer, in the words of the command line's contract."""
    if facts.trigger in ("emergency", "urgent"):
        return facts.trigger
    if any(isinstance(action, (ShowArticle, ShowTitles, ShowShelters)) for action in actions):
        return "article"
    phrases = {action.phrase for action in actions if isinstance(action, Say)}
    if any(phrase.startswith(("smalltalk.", "language.")) for phrase in phrases):
        return "smalltalk"
    return "request"
