"""The conversation, as a function: `step(state, event, facts) → (state, actions)`.

A running skill (a form, a check-in) gets the events that are for it; see `bot.skill`.

Nothing here waits, looks at a clock or writes a log. The shell (`bot.service`) gathers the facts before, and
carries out the actions after. That makes a conversation a list that a test can write down.

The order in `_text` is the order of importance: danger, then people who need help quietly, then a person who is
already answering, then what the resident asked for in so many words, then the articles, then the offer of a person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from bot import stickers, topic
from bot.actions import (
    Action,
    AddToRequest,
    CancelRequest,
    OpenRequest,
    Say,
    SetReachable,
    ShowArticle,
    ShowPart,
    ShowTitles,
)
from bot.events import (
    Event,
    Followed,
    LocationReceived,
    MediaReceived,
    Pressed,
    TextReceived,
    Unfollowed,
    VoiceHeard,
    VoiceNotHeard,
)
from bot.model import Button, Conversation, Findings
from bot.privacy.consent import AGREE, CONSENT, PRIVACY, REFUSE, decided
from bot.safety.answers import emergency_words, urgent_words
from bot.skill import Skill, SkillStep, Turn

# A detection this sure, on a text this long, changes the language of the conversation. Short messages ("ok",
# a number, an address) never do.
SWITCH_CONFIDENCE = 0.8
SWITCH_LENGTH = 10  # characters; a third of that in scripts that need fewer
ASK_CONFIDENCE = 0.5
FIRST_DEPARTMENT = "multicultural"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the shell found out before the step."""

    languages: tuple[str, ...]  # that the bot speaks, in the order in which it offers them
    detected: str = ""  # language of the text
    confidence: float = 0.0  # 0..1
    profile_language: str = ""
    trigger: str = ""  # from bot.triggers
    danger: str = ""  # topic of an emergency or of what is urgent, from bot.safety
    desk: str = ""  # department that is told of an urgent message
    findings: Findings = Findings()
    request: str = ""  # id of the resident's request that is not closed
    request_number: int = 0
    request_state: str = ""  # open, claimed or answered
    department: str = ""  # which department the best article belongs to
    closed_until: str = ""  # when the desk opens next (ISO 8601, local time), if it is closed now
    my_number_removed: bool = False
    wished: str = ""  # language that is asked for by its name, served or not
    topic: str = ""  # article that the conversation is about, or that is quoted
    light: bool = False  # the text names nothing of its own
    continues: bool = False  # the text begins as a continuation
    corrects: bool = False  # the text takes back what was understood
    part: str = ""  # which part of an answer a follow-up is about (bot.talk)
    question: str = ""  # what of the text is looked up
    quoted: str = ""  # text of the resident's own message that is quoted
    limited: str = ""  # "minute" or "day" when so many messages came that no more are looked up now
    menu: tuple[str, ...] = ()  # articles that are offered to who does not know what to ask
    consent: bool | None = True  # to what is kept of the resident; None: not decided yet
    now: dt.datetime = dt.datetime.min.replace(tzinfo=dt.UTC)  # local time; needed where skills are
    skill: Any = None  # what the running skill gathered


Step = tuple[Conversation, list[Action]]

ButtonAction = Literal[
    "article",
    "person",
    "none",
    "language",
    "languages",
    "right",
    "wrong",
    "decline",
    "cancel",
    "menu",
    "back",
]


def pressed(action: ButtonAction, value: str = "") -> str:
    """The data that a button sends back (LINE allows 300 characters)."""
    return urlencode({"do": action, "v": value} if value else {"do": action})


def parse_pressed(data: str) -> tuple[str, str]:
    """The action and value of a pressed button; an unknown one comes back as it is and is ignored by `step`."""
    fields = dict(parse_qsl(data[:300]))
    return fields.get("do", ""), fields.get("v", "")


def language_buttons(languages: tuple[str, ...]) -> tuple[Button, ...]:
    """One button for each language, in its own name."""
    return tuple(
        Button(label=f"language:{tag}", data=pressed("language", tag), literal=True) for tag in languages
    )


PERSON_BUTTON = Button(label="person.button", data=pressed("person"))
CANCEL_BUTTON = Button(label="person.cancel_button", data=pressed("cancel"))


NO_SKILLS: Mapping[str, Skill] = {}
# What a running skill does not get to see: the dialogue itself answers.
_BEFORE_SKILLS = frozenset({"emergency", "urgent", "person", "language"})
FILES = frozenset(
    {"image", "video", "file", "audio"}
)  # kinds of messages that staff can look at or listen to
# Small talk with an answer of its own and nothing else to do.
_TALK = frozenset({"hello", "thanks", "bye", "how_are_you", "who_are_you", "robot", "praise", "sorry"})


def step(state: Conversation, event: Event, facts: Facts, skills: Mapping[str, Skill] = NO_SKILLS) -> Step:
    """What to do about `event`. What would be kept of somebody who has not agreed to that waits until they do."""
    if state.awaiting == "consent" and facts.trigger in ("yes", "no"):
        event = Pressed(action=PRIVACY, value=AGREE if facts.trigger == "yes" else REFUSE)
    after, actions = _decide(state, event, facts, skills)
    if decided(actions) is not None:
        return replace(after, wish={}), actions
    if facts.consent is not True and any(isinstance(one, OpenRequest) and not one.urgent for one in actions):
        return put_off(state, after, event, facts)
    return after, actions


def put_off(state: Conversation, after: Conversation, event: Event, facts: Facts) -> Step:
    """Remember what is wished for and ask for consent. `after` is the state that the wish would have led to."""
    wish: dict[str, str] = {}
    match event:
        case Pressed(action=action, value=value):
            wish = {"action": action, "value": value}
        case TextReceived(message_id=message_id) | VoiceHeard(message_id=message_id):
            wish = {"message": message_id}
    if wish:
        awaited = "" if state.awaiting == "consent" else state.awaiting
        wish |= {"awaiting": awaited, "at": facts.now.isoformat()}
    notes: list[Action] = [Say(phrase="privacy.my_number")] if facts.my_number_removed else []
    state = replace(state, language=after.language, awaiting="consent", wish=wish)
    return state, [*notes, Say(phrase="privacy.needed"), CONSENT]


def _decide(state: Conversation, event: Event, facts: Facts, skills: Mapping[str, Skill]) -> Step:
    skill, began = chosen_skill(state, event, facts, skills)
    if skill is None:
        return _without_skill(state, event, facts)
    text = event.text if isinstance(event, (TextReceived, VoiceHeard)) else ""
    state = _with_language(state, text, facts) if began and text else state
    turn = Turn(
        event=event,
        language=state.language,
        trigger=_for_skill(facts.trigger),
        now=facts.now,
        facts=facts.skill,
        article=facts.findings.sure,
    )
    made = skill.step(began or state.skill_state, turn)
    if made.keeps and facts.consent is not True:
        return put_off(state, state, event, facts)
    return _with_skill(state, event, facts, skill, made)


def _for_skill(trigger: str) -> str:
    """Any small talk is alike to a skill; a word of understanding is no answer to what it asks."""
    return "hello" if trigger in _TALK else "" if trigger == "understood" else trigger


def chosen_skill(
    state: Conversation, event: Event, facts: Facts, skills: Mapping[str, Skill]
) -> tuple[Skill | None, Mapping[str, Any] | None]:
    """The skill that gets the event, and the state to begin with where it begins now. Danger, a clerk who is answering
    and a wish for a person or another language come before any skill. A clerk gets what is written; buttons, and a
    place that was asked for, still go where they belong, so that somebody in a disaster can check in meanwhile."""
    if facts.trigger in _BEFORE_SKILLS:
        return None, None
    running = skills.get(state.skill)
    if running is not None and isinstance(event, LocationReceived):
        return running, None  # a place that it asked for
    if facts.request_state == "claimed" and not isinstance(event, Pressed):
        return None, None
    for skill in skills.values():
        if (began := skill.starts(event, facts.trigger)) is not None:
            return skill, began
    return running, None


def _with_skill(state: Conversation, event: Event, facts: Facts, skill: Skill, made: SkillStep) -> Step:
    going_on = made.state is not None
    passing = not going_on and not made.taken and state.skill != skill.name  # it only looked at the event
    if not passing:
        state = replace(state, skill=skill.name if going_on else "", skill_state=made.state or {})
    if made.taken:
        notes: list[Action] = [Say(phrase="privacy.my_number")] if facts.my_number_removed else []
        return replace(state, awaiting=""), [*notes, *made.actions]
    state, actions = _without_skill(state, event, facts)
    return state, [*made.actions, *actions, *made.reminder]


def _without_skill(state: Conversation, event: Event, facts: Facts) -> Step:
    match event:
        case TextReceived():
            return _text(_with_language(state, event.text, facts), event.message_id, facts)
        case VoiceHeard():
            state = _with_language(state, event.text, facts)
            state, actions = _text(state, event.message_id, facts)
            if facts.request_state == "claimed" or not actions:  # nothing is said in between
                return state, actions
            return state, [Say(phrase="voice.heard", values=(("text", event.text),)), *actions]
        case VoiceNotHeard():
            return _voice_not_heard(state, event, facts)
        case LocationReceived():
            return _location(state, event, facts)
        case MediaReceived():
            return _media(state, event, facts)
        case Followed():
            return _followed(state, event, facts)
        case Unfollowed():
            return state, [SetReachable(reachable=False)]
        case Pressed():
            return _pressed(state, event, facts)


def _with_language(state: Conversation, text: str, facts: Facts) -> Conversation:
    """The state in the language that the resident writes, as far as the text can tell."""
    if not facts.detected or facts.confidence < ASK_CONFIDENCE:
        return replace(state, language=state.language or _known(facts.profile_language, facts.languages))
    if not state.language:
        return replace(state, language=facts.detected)
    same = (
        facts.detected.split("-")[0] == state.language.split("-")[0]
    )  # ja and ja-Hira are one written language
    dense = facts.detected.split("-")[0] in ("ja", "zh", "ko", "th")
    long_enough = len(text.strip()) >= (SWITCH_LENGTH // 3 if dense else SWITCH_LENGTH)
    if same or state.language_chosen or facts.confidence < SWITCH_CONFIDENCE or not long_enough:
        return state
    return replace(state, language=facts.detected)


def _known(tag: str, languages: tuple[str, ...]) -> str:
    """The served language that `tag` means, or nothing."""
    if tag in languages:
        return tag
    base = tag.split("-")[0]
    return next((language for language in languages if base and language.split("-")[0] == base), "")


def _text(state: Conversation, message_id: str, facts: Facts) -> Step:
    notes: list[Action] = []
    if facts.my_number_removed:
        notes.append(Say(phrase="privacy.my_number"))
    if facts.trigger == "emergency":
        return state, [*notes, emergency_words(facts.danger), *_also_to_request(message_id, facts)]
    if facts.trigger == "urgent":
        return _urgent(state, message_id, facts, notes)
    if facts.request_state == "claimed":
        return state, [*notes, AddToRequest(request_id=facts.request, message_id=message_id)]
    if facts.limited:
        state, actions = _slow_down(state, message_id, facts)
        return state, [*notes, *actions]
    state = replace(state, slowed="")
    if not state.language and not facts.wished:
        asked = Say(phrase="language.uncertain", buttons=language_buttons(facts.languages))
        return replace(state, last_question=message_id), [*notes, asked]
    if state.awaiting == "question_for_person" and not facts.trigger:
        state, actions = _open(replace(state, awaiting=""), message_id, facts)
        return state, [*notes, *actions]
    state, actions = _ordinary(state, message_id, facts)
    return state, [*notes, *actions]


def _slow_down(state: Conversation, message_id: str, facts: Facts) -> Step:
    """Too many messages: they are kept and staff see them, but only the first is answered, by asking to wait."""
    actions = _also_to_request(message_id, facts)
    if state.slowed == facts.limited:
        return state, actions
    said = Say(phrase=f"talk.slow_{facts.limited}", buttons=() if facts.request else (PERSON_BUTTON,))
    return replace(state, slowed=facts.limited, last_question=message_id), [*actions, said]


def _ordinary(state: Conversation, message_id: str, facts: Facts) -> Step:
    awaited, state = state.awaiting, replace(state, awaiting="")
    match facts.trigger:
        case "person":
            return _ask_person(state, facts)
        case "language":
            return _language_wished(state, facts)
        case "back":
            return _back(state, facts)
        case "abilities":
            return state, [Say(phrase="talk.abilities"), *_menu(facts)]
        case "unclear" | "complaint" as kind:
            buttons = () if facts.request else (PERSON_BUTTON,)
            return state, [Say(phrase=f"talk.{kind}", buttons=buttons)]
        case "cancel" if facts.request:
            return state, [CancelRequest(request_id=facts.request), Say(phrase="person.cancelled")]
        case "hello" | "thanks" | "bye" as kind:
            return state, [Say(phrase=f"smalltalk.{kind}")]
        case "understood" if awaited == "offer" and state.last_question and not facts.request:
            return _open(state, state.last_question, facts)
        case "how_are_you" | "who_are_you" | "robot" | "praise" | "sorry" | "understood" as kind:
            return state, [Say(phrase=f"talk.{kind}")]
        case "yes" if awaited == "was_right":
            return replace(state, last_question=""), [Say(phrase="answer.thanks")]
        case "no" if awaited == "was_right" and not facts.request:
            return state, [_offer_person()]
        case "yes" if state.last_question and not facts.request:
            return _open(state, state.last_question, facts)
        case "no" if state.last_question and not facts.request:
            return replace(state, last_question=""), [Say(phrase="unknown.declined")]
        case "yes" | "no" if not facts.request and not facts.findings.sure:
            return state, [Say(phrase="talk.understood")]
    return _question(state, message_id, facts)


def _language_wished(state: Conversation, facts: Facts) -> Step:
    """A language was asked for: by its name, or not."""
    choice = language_buttons(facts.languages)
    if not facts.wished:
        return state, [Say(phrase="language.ask", buttons=choice)]
    if facts.wished in facts.languages:
        return _language_chosen(state, facts.wished, facts)
    return state, [Say(phrase="talk.unserved", values=(("language", facts.wished),), buttons=choice)]


def _back(state: Conversation, facts: Facts) -> Step:
    """The article before the last one, else what one can ask about."""
    state, slug = topic.go_back(state)
    if slug:
        return topic.remember(state, slug, message_id="", now=facts.now), [ShowArticle(slug=slug)]
    return state, [Say(phrase="talk.back"), *_menu(facts)]


def _menu(facts: Facts) -> list[Action]:
    return [ShowTitles(slugs=facts.menu)] if facts.menu else []


def _show(state: Conversation, slug: str, facts: Facts, *, message_id: str = "") -> Step:
    state = topic.remember(state, slug, message_id=message_id, now=facts.now)
    shown: list[Action] = [ShowArticle(slug=slug)]
    if slug in facts.findings.stale:
        shown.append(Say(phrase="articles.stale"))
    return replace(state, awaiting="was_right"), shown


def _follow_up(state: Conversation, message_id: str, facts: Facts) -> Step:
    """A question that is only about the article that was shown: the part of it, else once more what stands there.
    Nothing is made up; a person can say more."""
    state = topic.remember(state, facts.topic, message_id=state.topic_message, now=facts.now)
    return replace(state, last_question=message_id), [ShowPart(slug=facts.topic, part=facts.part)]


def _question(state: Conversation, message_id: str, facts: Facts) -> Step:
    asked = replace(state, last_question=message_id)
    if facts.light and facts.topic and not facts.request:
        return _follow_up(state, message_id, facts)
    if facts.findings.sure:
        return _show(asked, facts.findings.sure, facts, message_id=message_id)
    if facts.request:
        added = Say(phrase="person.added", buttons=(CANCEL_BUTTON,))
        return state, [AddToRequest(request_id=facts.request, message_id=message_id), added]
    if facts.light and not facts.quoted:  # its words name nothing, so what is near them was not meant
        return asked, [Say(phrase="talk.about_what"), *_menu(facts)]
    if facts.corrects and not facts.question:
        return asked, [Say(phrase="talk.what_then", buttons=(PERSON_BUTTON,))]
    if facts.findings.candidates:
        return asked, [ShowTitles(slugs=facts.findings.candidates)]
    return replace(asked, awaiting="offer"), [_offer_person()]


_PERSON_OR_NOT = (
    Button(label="unknown.person_button", data=pressed("person")),
    Button(label="unknown.no_button", data=pressed("decline")),
)


def _offer_person() -> Say:
    return Say(phrase="unknown.text", buttons=_PERSON_OR_NOT)


def _also_to_request(message_id: str, facts: Facts) -> list[Action]:
    """An emergency is answered at once; whoever is talking to the resident sees it too."""
    return [AddToRequest(request_id=facts.request, message_id=message_id)] if facts.request else []


def _urgent(state: Conversation, message_id: str, facts: Facts, notes: list[Action]) -> Step:
    said = urgent_words(facts.danger)
    if facts.request:
        return state, [*notes, said, AddToRequest(request_id=facts.request, message_id=message_id)]
    opened = OpenRequest(message_id=message_id, department=facts.desk or FIRST_DEPARTMENT, urgent=True)
    return replace(state, last_question="", awaiting=""), [*notes, said, opened]


def _ask_person(state: Conversation, facts: Facts) -> Step:
    """A person is wanted: pass on the question that is waiting for one, or ask for it."""
    if facts.request:
        waiting = Say(
            phrase="person.waiting",
            values=(("number", str(facts.request_number)),),
            buttons=(CANCEL_BUTTON,),
        )
        return state, [waiting]
    if state.last_question:
        return _open(state, state.last_question, facts)
    return replace(state, awaiting="question_for_person"), [Say(phrase="person.ask_what")]


def _open(state: Conversation, message_id: str, facts: Facts) -> Step:
    if facts.request:
        added = Say(phrase="person.added", buttons=(CANCEL_BUTTON,))
        return state, [AddToRequest(request_id=facts.request, message_id=message_id), added]
    department = facts.department or FIRST_DEPARTMENT
    opened = OpenRequest(message_id=message_id, department=department, urgent=False)
    if facts.closed_until:
        said = Say(
            phrase="person.queued_closed", values=(("when", facts.closed_until),), buttons=(CANCEL_BUTTON,)
        )
    else:
        said = Say(phrase="person.queued", buttons=(CANCEL_BUTTON,))
    return replace(state, last_question="", awaiting=""), [opened, said]


def _voice_not_heard(state: Conversation, event: VoiceNotHeard, facts: Facts) -> Step:
    key = {"unsupported": "languages", "too_long": "seconds"}.get(event.reason)
    values = ((key, event.detail),) if key else ()
    # Said even while a clerk is answering: nobody heard the message, so nobody would answer it.
    buttons = () if facts.request else (PERSON_BUTTON,)
    said = Say(phrase=f"voice.{event.reason}", values=values, buttons=buttons)
    if not facts.request:
        state = replace(state, last_question=event.message_id)  # a person can listen to the recording
    return state, [said, *_also_to_request(event.message_id, facts)]


def _location(state: Conversation, event: LocationReceived, facts: Facts) -> Step:
    """A place that no skill takes, because a clerk is answering."""
    return state, _also_to_request(event.message_id, facts)


def _media(state: Conversation, event: MediaReceived, facts: Facts) -> Step:
    actions: list[Action] = _also_to_request(event.message_id, facts)
    if facts.request_state == "claimed":
        return state, actions
    if facts.limited:
        return _slow_down(state, event.message_id, facts)
    state = replace(state, slowed="")
    if event.kind == "sticker":
        mood = stickers.mood(event.keywords)
        return state, [*actions, Say(phrase=f"talk.sticker_{mood}" if mood else "sticker.received")]
    if event.kind not in FILES:
        return state, [*actions, Say(phrase="other.unsupported")]
    return _file(state, event, facts, actions)


def _file(state: Conversation, event: MediaReceived, facts: Facts, actions: list[Action]) -> Step:
    """A picture or a file: staff look at it if they are asked to. Said once for several that were sent together."""
    if event.more:
        return state, actions
    if facts.request:
        return state, [*actions, Say(phrase="media.passed_on")]
    state = replace(state, last_question=event.message_id, awaiting="offer")
    return state, [*actions, Say(phrase="media.offer", buttons=_PERSON_OR_NOT)]


def _followed(state: Conversation, event: Followed, facts: Facts) -> Step:
    language = state.language or _known(facts.profile_language, facts.languages)
    state = replace(state, language=language)
    greeting: list[Action] = [SetReachable(reachable=True), Say(phrase="welcome")]
    if not event.unblocked:
        greeting.append(Say(phrase="privacy.notice"))
    greeting.append(Say(phrase="language.ask", buttons=language_buttons(facts.languages)))
    return state, greeting


def _pressed(state: Conversation, event: Pressed, facts: Facts) -> Step:
    match event.action:
        case "language" if event.value in facts.languages:
            return _language_chosen(state, event.value, facts)
        case "languages":
            return state, [Say(phrase="language.ask", buttons=language_buttons(facts.languages))]
        case "article" if event.value:
            return _show(state, event.value, facts)
        case "right":
            return replace(state, last_question="", awaiting=""), [Say(phrase="answer.thanks")]
        case "menu":
            return state, [Say(phrase="talk.abilities"), *_menu(facts)]
        case "back":
            return _back(state, facts)
        case "wrong" | "none" if not facts.request:
            return state, [_offer_person()]
        case "wrong" | "none":
            return _ask_person(state, facts)
        case "person":
            return _ask_person(state, facts)
        case "decline":
            return replace(state, last_question=""), [Say(phrase="unknown.declined")]
        case "cancel":
            if not facts.request:
                return state, [Say(phrase="unknown.declined")]
            return state, [CancelRequest(request_id=facts.request), Say(phrase="person.cancelled")]
    return state, []


def _language_chosen(state: Conversation, tag: str, facts: Facts) -> Step:
    """A language was chosen; a question that was waiting for it is answered now."""
    changed = tag != state.language
    state = replace(state, language=tag, language_chosen=True)
    said = Say(phrase="language.set", values=(("language", tag),))
    if not state.last_question or facts.request:
        # What was asked in another language was not asked.
        return state, [said, CONSENT] if changed and facts.consent is None else [said]
    state, actions = _question(state, state.last_question, facts)
    return state, [said, *actions]
