"""One event of a resident, from the inbox to a decision that is stored.

The facts (language, articles, the voice message as text) are gathered first, without a transaction. Then the
dialogue decides. Then ONE transaction stores the new state, the messages, the request and the end of the job: either
all of it happened or none, and a job that is done again finds its event already worked on.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import store, topic
from bot.actions import Action, AddToRequest, CancelRequest, Effect, OpenRequest, SetReachable
from bot.attachments.service import KINDS as WITH_FILE
from bot.attachments.service import Attachments
from bot.dialogue import Facts, chosen_skill, parse_pressed, step
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
from bot.line.events import Incoming, parse
from bot.line.webhook import INBOX
from bot.messenger import ContentGone, ContentNotReady, Limited, Messenger, NoAnswer
from bot.model import Conversation, Request, Resident
from bot.outbox import OUTBOX, Outbox
from bot.privacy.consent import decided
from bot.privacy.store import consent_of
from bot.replies import Renderer, Reply
from bot.richmenu.service import MenuLinks
from bot.skill import Overtaken, Skill
from bot.understanding import Understanding
from core.bus import Bus
from core.clock import Clock
from core.database import Database
from core.errors import InvalidInput, TooLarge, Unavailable
from core.ids import new_id
from core.jobs import Job, Jobs, RetryLater
from core.log import get_logger
from core.metrics import counter, histogram
from core.tasks import Tasks
from translation.facts.my_number import mask

log = get_logger(__name__)

TRANSLATE = "desk.translate"  # queue of messages that staff have to read
WISH_KEPT = dt.timedelta(hours=24)  # for which what waits for consent is remembered
LOADING_AT_ONCE = 20  # signs on their way to LINE; a courtesy must not pile up
SHOWN_BESIDE = dt.timedelta(
    hours=24
)  # files sent so long before a request are fetched for whoever answers it
HEARING_ATTEMPTS = 6  # after so many the resident is told that a voice message could not be heard

HANDLE_SECONDS = histogram("chat_handle_seconds", "From taking an event to storing what to do about it")
HANDLED = counter("chat_events", "Events worked on", ["type"])
LOADING = counter("chat_loading", "Signs that an answer is being prepared", ["result"])
LIMITED = counter("chat_limited", "Messages kept without an answer because too many came", ["limit"])

# Erases in the transaction what a feature has stored of a message, by LINE's id.
Forgetter = Callable[[AsyncConnection, str], Awaitable[None]]


class Listener(Protocol):
    """Understands voice messages. The adapter is made in `config`, from the recogniser of the meetings."""

    @property
    def languages(self) -> frozenset[str]:
        """Base tags that it understands."""
        ...

    async def hear(self, audio: bytes, *, language: str | None) -> str:
        """The words of a recording, empty if there are none. Raises InvalidInput, TooLarge, Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOptions:
    """Limits of the chat."""

    max_voice_bytes: int = 10_000_000
    max_voice_s: int = 120  # seconds
    loading_after_s: float = 1.5  # seconds that a message has waited when LINE shows that an answer is coming
    loading_s: int = 20  # how long LINE shows that an answer is being prepared
    topic_s: float = 900.0  # seconds for which a follow-up is about the article that was shown
    messages_a_minute: int = 20  # of one resident that are looked up; more are only kept
    messages_a_day: int = 400


class ChatService:
    """Works on the inbox."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        bus: Bus,
        clock: Clock,
        understanding: Understanding,
        messenger: Messenger,
        listener: Listener | None,
        renderer: Renderer,
        outbox: Outbox,
        options: ChatOptions,
        skills: Sequence[Skill] = (),
        forgetters: Sequence[Forgetter] = (),
        menus: MenuLinks | None = None,
        attachments: Attachments | None = None,
        tasks: Tasks | None = None,
    ) -> None:
        """`tasks` run what nobody waits for: showing that an answer is being prepared."""
        self._jobs = jobs
        self._bus = bus
        self._clock = clock
        self._understanding = understanding
        self._city = understanding.city
        self._messenger = messenger
        self._listener = listener
        self._renderer = renderer
        self._outbox = outbox
        self._options = options
        self._skills = {skill.name: skill for skill in skills}
        self._forgetters = tuple(forgetters)
        self._menus = menus
        self._attachments = attachments
        self._tasks = tasks
        self._showing = 0

    @property
    def _database(self) -> Database:
        return self._jobs.database

    async def handle(self, job: Job) -> None:
        """Work on one event. Harmless to repeat."""
        incoming = parse(json.loads(job.payload["event"]))
        HANDLED.labels(incoming.type).inc()
        if incoming.type == "ignored":
            await self._finish(job)
        elif incoming.type == "account":
            log.warning(
                "line_account_changed", state=incoming.state
            )  # nobody is answered while it is suspended
            await self._finish(job)
        elif incoming.type == "unsend":
            await self._forget(job, incoming)
        elif incoming.type == "edited":
            await self._edit(job, incoming)
        else:
            with HANDLE_SECONDS.time():
                await self._converse(job, incoming)

    async def _finish(self, job: Job) -> None:
        async with self._database.write() as connection:
            await self._jobs.finish(connection, job)

    async def _forget(self, job: Job, incoming: Incoming) -> None:
        """LINE asks that a message which was taken back can be neither seen nor used any more: not in the
        conversation, not in an answer that repeats it and is not delivered yet, not in a job that was given up."""
        gone = incoming.line_message_id
        async with self._database.write() as connection:
            erased = await store.bury_message(connection, gone, now=self._clock.now())
            for message_id in erased:
                await self._jobs.drop(
                    connection, queue=OUTBOX, containing=f'"{message_id}"', states=("ready", "dead")
                )
            await store.forget_in_conversation(connection, incoming.user_id, erased)
            for forget in self._forgetters:
                await forget(connection, gone)
            await self._jobs.drop(connection, queue=INBOX, containing=gone, states=("dead",))
            await self._jobs.finish(connection, job)
        self._bus.publish("desk")

    async def _edit(self, job: Job, incoming: Incoming) -> None:
        """A message has new words. They replace the old ones, and staff read them in Japanese again; nobody is
        answered a second time."""
        async with self._database.write() as connection:
            resident = await store.find_resident(connection, incoming.user_id)
            changed = resident and await store.edit_message(
                connection,
                resident.id,
                incoming.line_message_id,
                incoming.text,
                edited_ms=incoming.timestamp_ms,
            )
            if changed and changed.request_id:
                await self._jobs.add(
                    connection,
                    queue=TRANSLATE,
                    key=changed.request_id,
                    payload={"message_id": changed.id},
                )
            await self._jobs.finish(connection, job)
        self._jobs.hint(TRANSLATE)
        self._bus.publish("desk")

    async def _limit(self, incoming: Incoming, resident: Resident) -> str:
        """Which limit a resident's messages have reached, if any."""
        if incoming.type != "message":
            return ""
        now, options = self._clock.now(), self._options
        spans = {
            "minute": (dt.timedelta(minutes=1), options.messages_a_minute),
            "day": (dt.timedelta(days=1), options.messages_a_day),
        }
        async with self._database.read() as connection:
            for name, (span, most) in spans.items():
                if await store.count_written(connection, resident.id, now - span, limit=most) >= most:
                    LIMITED.labels(name).inc()
                    return name
        return ""

    async def _converse(self, job: Job, incoming: Incoming) -> None:
        resident = await self._resident(incoming.user_id)
        message_id = new_id()
        if await self._is_late(job, incoming, resident):
            self._show_loading(resident)
        limited = await self._limit(incoming, resident)
        try:
            first = job.attempts <= 1
            event = await self._event(incoming, resident, message_id, limited=limited, first=first)
        except RetryLater:
            if job.attempts < HEARING_ATTEMPTS:
                raise
            event = VoiceNotHeard(message_id=message_id, reason="failed", detail="")
        if event is None:
            await self._finish(job)
            return
        resident, facts, request = await self._gather(
            event, resident, quoted=incoming.quoted, limited=limited
        )
        facts = replace(facts, my_number_removed=job.payload.get("my_number", False))
        conversation, actions = step(resident.conversation, event, facts, self._skills)
        if decided(actions):
            conversation, actions = await self._go_on(resident, conversation, actions)
        await self._commit(
            job, incoming, _Decision(resident, message_id, event, facts, conversation, actions, request)
        )

    async def _go_on(
        self, resident: Resident, conversation: Conversation, actions: list[Action]
    ) -> tuple[Conversation, list[Action]]:
        """The resident has agreed: do what was put off until then, instead of saying thank you."""
        wish = resident.conversation.wish
        event = await self._wished(wish)
        if event is None:
            return conversation, actions
        awaiting: Any = wish["awaiting"]
        resident = replace(resident, conversation=replace(conversation, awaiting=awaiting))
        resident, facts, _ = await self._gather(event, resident, quoted="", limited="")
        conversation, more = step(resident.conversation, event, replace(facts, consent=True), self._skills)
        return conversation, [*(one for one in actions if isinstance(one, Effect)), *more]

    async def _wished(self, wish: Mapping[str, str]) -> Event | None:
        """The event that was put off; None if there is none, or it is too old, or was taken back."""
        if not wish or self._clock.now() - dt.datetime.fromisoformat(wish["at"]) > WISH_KEPT:
            return None
        if "action" in wish:
            return Pressed(action=wish["action"], value=wish["value"])
        async with self._database.read() as connection:
            message = await store.get_message(connection, wish["message"])
        return TextReceived(message_id=message.id, text=message.text) if message else None

    async def _resident(self, line_user_id: str) -> Resident:
        async with self._database.read() as connection:
            known = await store.find_resident(connection, line_user_id)
        if known is not None:
            return known
        try:
            profile = await self._messenger.profile(line_user_id)
        except (NoAnswer, Limited):
            profile = None  # a name is nice to have; the answer must not wait for it
        async with self._database.write() as connection:
            await store.add_resident(
                connection,
                line_user_id=line_user_id,
                display_name=profile.display_name if profile else "",
                profile_language=profile.language if profile else "",
                now=self._clock.now(),
            )
            found = await store.find_resident(connection, line_user_id)
        assert found is not None
        return found

    async def _event(
        self, incoming: Incoming, resident: Resident, message_id: str, *, limited: str, first: bool
    ) -> Event | None:
        match incoming.type, incoming.kind:
            case "follow", _:
                return Followed(unblocked=incoming.unblocked)
            case "unfollow", _:
                return Unfollowed()
            case "postback", _:
                action, value = parse_pressed(incoming.data)
                return Pressed(action=action, value=value)
            case "message", "text":
                return TextReceived(message_id=message_id, text=incoming.text)
            case "message", "location":
                assert incoming.place is not None
                return LocationReceived(message_id=message_id, place=incoming.place)
            case "message", "audio" if not limited:
                return await self._hear(incoming, resident, message_id, first=first)
        return MediaReceived(
            message_id=message_id, kind=incoming.kind, keywords=incoming.keywords, more=incoming.more
        )

    async def _hear(
        self, incoming: Incoming, resident: Resident, message_id: str, *, first: bool
    ) -> Event | None:
        """The voice message as text, or why not. None if it was taken back meanwhile."""
        too_long = VoiceNotHeard(
            message_id=message_id, reason="too_long", detail=str(self._options.max_voice_s)
        )
        failed = VoiceNotHeard(message_id=message_id, reason="failed", detail="")
        if self._listener is None:
            return failed
        if incoming.duration_ms > self._options.max_voice_s * 1000:
            return too_long
        known = resident.conversation.language or resident.profile_language
        language = known.split("-")[0]
        if language and language not in self._listener.languages:
            return VoiceNotHeard(message_id=message_id, reason="unsupported", detail=self._voice_languages())
        if first:
            self._show_loading(resident)
        try:
            audio = await self._messenger.content(
                incoming.line_message_id, limit=self._options.max_voice_bytes
            )
            text = await self._listener.hear(audio, language=language or None)
        except ContentGone:
            return None
        except ContentNotReady as error:
            raise RetryLater("voice message not ready", delay_s=1.0) from error
        except (NoAnswer, Limited) as error:
            raise RetryLater("voice message not fetched", delay_s=2.0) from error
        except TooLarge:
            return too_long
        except (InvalidInput, Unavailable) as error:
            log.info("voice_not_heard", kind=type(error).__name__)
            return failed
        return VoiceHeard(message_id=message_id, text=mask(text)) if text.strip() else failed

    async def _is_late(self, job: Job, incoming: Incoming, resident: Resident) -> bool:
        """Whether a message has waited so long that its writer should see that an answer is being prepared. While a
        clerk answers nothing is shown: what is written then is not answered by the bot."""
        if incoming.type != "message" or incoming.kind == "audio" or job.attempts > 1:
            return False
        waited = self._clock.now() - dt.datetime.fromisoformat(job.payload["received_at"])
        if waited.total_seconds() <= self._options.loading_after_s:
            return False
        async with self._database.read() as connection:
            request = await store.current_request(connection, resident.id)
        return request is None or request.state != "claimed"

    def _show_loading(self, resident: Resident) -> None:
        """Have LINE show that an answer is being prepared; nothing waits for that, and nothing fails by it."""
        if self._tasks is None:
            return
        if self._showing >= LOADING_AT_ONCE:
            LOADING.labels("left out").inc()
            return
        self._showing += 1
        self._tasks.spawn("loading", self._load(resident.line_user_id))

    async def _load(self, line_user_id: str) -> None:
        try:
            await self._messenger.show_loading(line_user_id, self._options.loading_s)
            LOADING.labels("shown").inc()
        finally:
            self._showing -= 1

    def _voice_languages(self) -> str:
        assert self._listener is not None
        return ", ".join(self._renderer.own_name(tag) for tag in sorted(self._listener.languages))

    async def _gather(
        self, event: Event, resident: Resident, *, quoted: str, limited: str
    ) -> tuple[Resident, Facts, Request | None]:
        async with self._database.read() as connection:
            request = await store.current_request(connection, resident.id)
            pending = await store.get_message(connection, resident.conversation.last_question)
            quote = await store.find_message(connection, resident.id, quoted) if quoted else None
            consent = await consent_of(connection, resident.id)
        if pending is None:  # no question waits, or it was taken back
            forgotten = replace(resident.conversation, last_question="")
            resident = replace(resident, conversation=forgotten)
        now = self._local_now()
        about = topic.current(resident.conversation, now=now, keep_s=self._options.topic_s)
        facts = Facts(
            now=now,
            consent=consent,
            limited=limited,
            menu=self._city.menu,
            topic=quote.article or about if quote else about,
            quoted=quote.text if quote and quote.direction == "resident" else "",
            languages=self._city.languages,
            profile_language=resident.profile_language,
            request=request.id if request else "",
            request_number=request.number if request else 0,
            request_state=request.state if request else "",
        )
        text = event.text if isinstance(event, (TextReceived, VoiceHeard)) else ""
        if text:
            prior = (resident.conversation.language, resident.profile_language)
            facts = self._understanding.read(facts, text, prior=prior)
        asks_person = isinstance(event, Pressed) or facts.trigger in ("person", "yes")
        question = pending.text if asks_person and pending else facts.question
        facts = await self._understanding.look_up(facts, question)
        facts = replace(facts, closed_until=self._closed_until())
        return resident, await self._gather_for_skill(event, resident, facts), request

    async def _gather_for_skill(self, event: Event, resident: Resident, facts: Facts) -> Facts:
        conversation = resident.conversation
        skill, began = chosen_skill(conversation, event, facts, self._skills)
        if skill is None:
            return facts
        async with self._database.read() as connection:
            found = await skill.gather(connection, resident, began or conversation.skill_state, event)
        return replace(facts, skill=found)

    def _local_now(self) -> dt.datetime:
        return self._clock.now().astimezone(self._city.hours.zone)

    def _closed_until(self) -> str:
        opening = self._city.hours.next_opening(self._clock.now())
        return opening.isoformat() if opening else ""

    async def _commit(self, job: Job, incoming: Incoming, decision: _Decision) -> None:
        received_at = dt.datetime.fromisoformat(job.payload["received_at"])
        async with self._database.write() as connection:
            if incoming.line_message_id and await store.is_buried(connection, incoming.line_message_id):
                await self._jobs.finish(connection, job)
                return
            if await store.current_request(connection, decision.resident.id) != decision.request:
                # A clerk was faster: what was decided may be wrong now (a closed request shows nobody a message).
                raise RetryLater("the request changed meanwhile", delay_s=0.0)
            await self._store_incoming(connection, incoming, decision)
            values = await self._carry_out(connection, decision)
            await self._say(connection, incoming, decision, values=values, received_at=received_at)
            await store.save_conversation(
                connection,
                decision.resident.id,
                decision.conversation,
                reachable=_reachable(decision.actions),
                now=self._clock.now(),
            )
            await self._show_menu(connection, decision)
            await self._jobs.finish(connection, job)
        self._outbox.hint()
        self._jobs.hint(TRANSLATE)
        if self._menus is not None:
            self._menus.hint()
        if self._attachments is not None:
            self._attachments.hint()
        self._bus.publish("desk")

    async def _show_menu(self, connection: AsyncConnection, decision: _Decision) -> None:
        """Who comes, comes back or changes the language gets the menu of that language."""
        language = decision.conversation.language
        changed = language != decision.resident.conversation.language or isinstance(decision.event, Followed)
        if self._menus is not None and language and changed:
            await self._menus.plan(connection, decision.resident.line_user_id, language)

    async def _store_incoming(
        self, connection: AsyncConnection, incoming: Incoming, decision: _Decision
    ) -> None:
        if incoming.type != "message":
            return
        event, facts = decision.event, decision.facts
        text = event.text if isinstance(event, (TextReceived, VoiceHeard)) else ""
        if isinstance(event, LocationReceived):
            text = f"{event.place.latitude:.5f}, {event.place.longitude:.5f}"
        sure_enough = facts.detected and facts.confidence >= 0.5
        await store.add_message(
            connection,
            now=self._clock.now(),
            id=decision.message_id,
            resident_id=decision.resident.id,
            direction="resident",
            kind="voice" if incoming.kind == "audio" else incoming.kind,
            text=text,
            language=facts.detected if sure_enough else decision.conversation.language,
            line_message_id=incoming.line_message_id,
            quote_token=incoming.quote_token,
        )

    async def _carry_out(self, connection: AsyncConnection, decision: _Decision) -> dict[str, str]:
        """Do what was decided. Gives values for the placeholders of what is said: the request's number, and what
        skills give."""
        now, values = self._clock.now(), {"number": str(decision.facts.request_number)}
        for action in decision.actions:
            match action:
                case OpenRequest():
                    opened = await store.open_request(
                        connection,
                        resident_id=decision.resident.id,
                        department=action.department,
                        urgent=action.urgent,
                        now=now,
                    )
                    values["number"] = str(opened.number)
                    await self._put_under(connection, action.message_id, opened.id)
                    await self._translate_earlier(connection, decision.resident.id, opened.id)
                case AddToRequest():
                    await self._put_under(connection, action.message_id, action.request_id)
                    await self._reopen(connection, decision)
                case CancelRequest():
                    assert decision.request is not None
                    await store.change_request(
                        connection,
                        decision.request,
                        allowed=("open", "claimed", "answered"),
                        state="closed",
                        closed_at=now,
                    )
                case Effect():
                    skill = self._skills[action.skill]
                    try:
                        values |= await skill.carry_out(connection, decision.resident, action)
                    except Overtaken as error:
                        raise RetryLater("somebody else was faster", delay_s=0.0) from error
        return values

    async def _reopen(self, connection: AsyncConnection, decision: _Decision) -> None:
        """A resident who writes again after the answer is waiting again, for the same clerk; what is urgent jumps
        the queue."""
        request = decision.request
        if request is None:
            return
        urgent = request.urgent or decision.facts.trigger in ("emergency", "urgent")
        state = "claimed" if request.state == "answered" else request.state
        if (state, urgent) != (request.state, request.urgent):
            await store.change_request(
                connection, request, allowed=("open", "claimed", "answered"), state=state, urgent=urgent
            )

    async def _put_under(self, connection: AsyncConnection, message_id: str, request_id: str) -> None:
        if await store.put_under_request(connection, message_id, request_id):
            await self._jobs.add(
                connection, queue=TRANSLATE, key=request_id, payload={"message_id": message_id}
            )
            await self._fetch(connection, message_id)

    async def _fetch(self, connection: AsyncConnection, message_id: str) -> None:
        """What staff get to see is fetched, and nothing else."""
        if self._attachments is not None:
            await self._attachments.plan(connection, message_id)

    async def _translate_earlier(
        self, connection: AsyncConnection, resident_id: str, request_id: str
    ) -> None:
        """What the resident wrote to the bot before is shown beside the request, so staff have to read it too."""
        since = self._clock.now() - SHOWN_BESIDE
        for message in await store.conversation_messages(connection, resident_id):
            if message.kind in WITH_FILE and message.created_at > since:
                await self._fetch(connection, message.id)
            if message.direction == "resident" and message.japanese is None and not message.request_id:
                await self._jobs.add(
                    connection, queue=TRANSLATE, key=request_id, payload={"message_id": message.id}
                )

    async def _say(
        self,
        connection: AsyncConnection,
        incoming: Incoming,
        decision: _Decision,
        *,
        values: Mapping[str, str],
        received_at: dt.datetime,
    ) -> None:
        language = decision.conversation.language or decision.facts.profile_language or "ja"
        replies = self._renderer.render(decision.actions, language, values=values)
        if not replies:
            return
        in_japanese = self._renderer.render(decision.actions, "ja", values=values)
        ids = await self._store_replies(connection, incoming, decision, replies, in_japanese, language)
        await self._outbox.add(
            connection,
            decision.resident,
            replies,
            message_ids=ids,
            reply_token=incoming.reply_token,
            received_at=received_at,
            at_once=decision.facts.trigger in ("emergency", "urgent"),
        )

    async def _store_replies(
        self,
        connection: AsyncConnection,
        incoming: Incoming,
        decision: _Decision,
        replies: Sequence[Reply],
        in_japanese: Sequence[Reply],
        language: str,
    ) -> list[str]:
        ids = []
        for at, reply in enumerate(replies):
            japanese = in_japanese[at].text if at < len(in_japanese) else ""
            ids.append(
                await store.add_message(
                    connection,
                    now=self._clock.now(),
                    about=incoming.line_message_id if isinstance(decision.event, VoiceHeard) else "",
                    resident_id=decision.resident.id,
                    direction="bot",
                    text=reply.text,
                    language=language,
                    japanese=japanese,
                    state="waiting",
                    article=reply.article,
                )
            )
        return ids


@dataclass(frozen=True, slots=True)
class _Decision:
    resident: Resident
    message_id: str
    event: Event
    facts: Facts
    conversation: Conversation
    actions: list[Action]
    request: Request | None


def _reachable(actions: Sequence[Action]) -> bool | None:
    return next((action.reachable for action in actions if isinstance(action, SetReachable)), None)
