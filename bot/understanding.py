"""What a text is about: its language, words that mean something by themselves, and the articles that may answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.actions import Action, Say, ShowArticle, ShowPart, ShowTitles
from bot.city import City
from bot.dialogue import Facts, step
from bot.events import TextReceived
from bot.knowledge import Knowledge
from bot.model import Conversation, Findings
from bot.replies import Renderer
from bot.talk import SMALL_TALK, Talk
from core.errors import InvalidInput
from translation.detection import Detector
from translation.facts.my_number import mask

# Nobody looks for an article about these.
_NO_QUESTION = frozenset({"emergency", "cancel", "language", "yes", "no", *SMALL_TALK})
_DANGER = ("emergency", "urgent")


class Understanding:
    """Reads texts for one city."""

    def __init__(
        self,
        city: City,
        knowledge: Knowledge,
        detector: Detector,
        renderer: Renderer,
        language_names: Mapping[str, str] | None = None,
    ) -> None:
        """`language_names` is what languages are called, in any language → tag."""
        self.city = city
        self._talk = Talk(city.talk, language_names or {})
        self._knowledge = knowledge
        self._detector = detector
        self._renderer = renderer

    def read(self, facts: Facts, text: str, *, prior: Sequence[str]) -> Facts:
        """The language of `text`, what it means by itself and how it hangs together with what was said before;
        `prior` are languages that its writer used before."""
        detection = self._detector.detect(text, prior=[tag for tag in prior if tag])
        alarm = self.city.triggers.alarm(text)
        trigger = alarm.kind or self.city.triggers.wish(text)
        facts = replace(
            facts,
            detected=detection.language,
            confidence=detection.confidence,
            trigger=trigger,
            danger=alarm.topic,
            desk=self.city.desks.get(alarm.topic, ""),
            question=text,
            menu=self.city.menu,
        )
        if trigger in _DANGER:  # before anything else: a word list for small talk must never hide it
            return facts
        said = self._talk.read(text)
        if trigger == "person" and not said.wished and said.kind not in SMALL_TALK:
            return facts
        return replace(
            facts,
            trigger=said.kind or ("" if said.corrects else trigger),
            wished=said.wished,
            question=said.question if said.corrects else said.question or text,
            light=said.light,
            continues=said.continues,
            corrects=said.corrects,
            part=said.part,
        )

    async def look_up(self, facts: Facts, question: str) -> Facts:
        """The articles for `question`, and the department that they belong to."""
        if not question.strip() or facts.trigger in _NO_QUESTION or facts.limited:
            return facts
        if facts.light and facts.topic:
            found = Findings(candidates=(facts.topic,))  # asks about nothing else
            return replace(facts, department=self._department(found))
        if facts.light and facts.quoted:
            question = f"{facts.quoted} {question}"
        findings = await self._knowledge.find(question)
        if facts.corrects and facts.topic:
            findings = _without(findings, facts.topic)
        elif facts.continues and facts.topic and not findings.sure:
            findings = await self._together(facts, question) or findings
        return replace(facts, findings=findings, department=self._department(findings))

    async def _together(self, facts: Facts, question: str) -> Findings | None:
        """What a continuation means together with what it continues, if that is sure."""
        article = self.city.article(facts.topic, facts.detected or "ja")
        if article is None:
            return None
        findings = await self._knowledge.find(f"{article.title} {question}")
        return findings if findings.sure else None

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


def _without(findings: Findings, slug: str) -> Findings:
    """The findings without an article that was not meant."""
    kept = tuple(one for one in findings.candidates if one != slug)
    return replace(findings, sure="" if findings.sure == slug else findings.sure, candidates=kept)


def _kind(actions: Sequence[Action], facts: Facts) -> str:
    """The kind of answer, in the words of the command line's contract."""
    if facts.trigger in ("emergency", "urgent"):
        return facts.trigger
    if facts.trigger in SMALL_TALK:
        return "smalltalk"
    if any(isinstance(action, (ShowArticle, ShowPart, ShowTitles)) for action in actions):
        return "article"
    phrases = {action.phrase for action in actions if isinstance(action, Say)}
    if any(phrase.startswith(("smalltalk.", "language.", "talk.")) for phrase in phrases):
        return "smalltalk"
    return "request"
