"""LINE's side of one official account: what it remembers and what it does with the bot's calls."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from bot.simulator.keys import AccessTokens, RateLimit, ReplyTokens, RetryKeys
from bot.simulator.memory import CHANGED, Bounded, Contents, Traffic
from bot.simulator.menus import RichMenus
from bot.simulator.model import Author, Call, Content, Entry, Json, LineError, Status
from bot.simulator.names import MessageIds, fixed_user_id
from bot.simulator.options import SimulatorOptions
from bot.simulator.residents import Resident, Residents
from core.bus import Bus
from core.clock import Clock
from core.ids import new_secret

USER_ID = re.compile(r"U[0-9a-f]{32}")
QUOTABLE = frozenset({"text", "textV2", "sticker", "image", "video"})  # message types that get a quote token
DEFAULT_LOADING_S = 20


class Channel:
    """Residents, tokens, content and quota of one account. Methods that answer the bot raise LineError."""

    def __init__(self, options: SimulatorOptions, clock: Clock, bus: Bus) -> None:
        self.options = options
        self.clock = clock
        self.bus = bus
        self.bot_id = fixed_user_id(f"account {options.channel_id}")
        self.webhook_url = options.webhook_url
        self.ids = MessageIds(clock)
        self.residents = Residents(
            limit=options.max_residents, entries=options.max_entries, clock=clock, bus=bus
        )
        self.traffic = Traffic(limit=options.max_log, detail=options.max_detail, clock=clock, bus=bus)
        self.contents = Contents(options.max_content)
        self.reply_tokens = ReplyTokens(options, clock)
        self.retry_keys = RetryKeys(options, clock)
        self.access_tokens = AccessTokens(options, clock)
        self.rate = RateLimit(options.requests_per_s, clock)
        self.events: Bounded[str, Json] = Bounded("events", options.max_keys)
        self.used_quota = 0
        self.menus = RichMenus()
        self._places: Bounded[str, tuple[str, int]] = Bounded("messages", options.max_keys)
        self._quotes: Bounded[str, str] = Bounded("quote_tokens", options.max_keys)
        self._reads: Bounded[str, str] = Bounded("read_tokens", options.max_keys)

    def show(
        self,
        resident: Resident,
        message: Json,
        *,
        author: Author,
        via: str,
        status: Status,
        message_id: str = "",
        quoted: str = "",
        event_id: str = "",
    ) -> Entry:
        """Put a bubble on the phone."""
        entry = self.residents.append(
            resident,
            id=message_id,
            author=author,
            via=via,
            message=message,
            status=status,
            quoted=quoted,
            event_id=event_id,
        )
        for name in filter(None, (message_id, event_id)):
            self._places[name] = (resident.id, entry.seq)
        return entry

    def point_webhook(self, url: str) -> None:
        """From now on events go to this address."""
        self.webhook_url = url
        self.bus.publish(CHANGED)

    def entry(self, name: str) -> tuple[Resident, Entry] | None:
        """Where a message is shown, if it still is; `name` is its message id or the id of its event."""
        user_id, seq = self._places.get(name, ("", 0))
        resident = self.residents.get(user_id)
        entry = resident.entries.get(seq) if resident else None
        return (resident, entry) if resident and entry else None

    def new_quote_token(self, message_id: str) -> str:
        token = new_secret()
        self._quotes[token] = message_id
        return token

    def new_read_token(self, message_id: str) -> str:
        token = new_secret()
        self._reads[token] = message_id
        return token

    def reply(self, token: str, messages: Sequence[Json], call: Call) -> Json:
        """Answer an event: the token works once."""
        known = self.reply_tokens.find(token)
        call.facts["token_age_s"] = round(self.reply_tokens.age(known), 1)
        call.resident = known.user_id
        resident = self.residents.get(known.user_id)
        if resident is None:
            raise LineError(400, "Invalid reply token")
        self._check_quotes(messages)
        known.used = True
        return {"sentMessages": self._send(resident, messages, "reply", reachable=not resident.blocked)}

    def push(self, to: str, messages: Sequence[Json], call: Call) -> Json:
        """Write to somebody at any time. A blocked resident is 200 and not delivered, as with LINE."""
        resident = self._recipient(to, call)
        self._check_quotes(messages)
        reachable = self._reachable(resident)
        self._use_quota(1 if reachable else 0)
        return {"sentMessages": self._send(resident, messages, "push", reachable=reachable)}

    def multicast(self, to: Sequence[str], messages: Sequence[Json], call: Call) -> Json:
        """The same messages to several friends."""
        if any(not USER_ID.fullmatch(user_id) for user_id in to):
            raise LineError(400, "The property, 'to', in the request body is invalid (line: -, column: -)")
        found = [resident for user_id in dict.fromkeys(to) if (resident := self.residents.get(user_id))]
        friends = [resident for resident in found if resident.friend and not resident.blocked]
        call.facts["recipients"] = len(friends)
        self._check_quotes(messages)
        self._use_quota(len(friends))
        for resident in friends:
            self._send(resident, messages, "multicast", reachable=True)
        return {}

    def _recipient(self, to: str, call: Call) -> Resident:
        if not USER_ID.fullmatch(to):
            raise LineError(400, "The property, 'to', in the request body is invalid (line: -, column: -)")
        resident = self.residents.get(to)
        if resident is None:
            raise LineError(400, "Failed to send messages")
        call.resident = resident.id
        return resident

    def _reachable(self, resident: Resident) -> bool:
        """Friends, and those who wrote within the last seven days (LINE's reference, "Send push message")."""
        since = self.clock.now() - dt.timedelta(seconds=self.options.push_window_s)
        wrote = resident.last_wrote is not None and resident.last_wrote >= since
        return not resident.blocked and (resident.friend or wrote)

    def _use_quota(self, count: int) -> None:
        limit = self.options.monthly_quota
        if limit is not None and self.used_quota + count > limit:
            raise LineError(429, "You have reached your monthly limit.")
        self.used_quota += count

    def _check_quotes(self, messages: Sequence[Json]) -> None:
        for message in messages:
            token = message.get("quoteToken")
            if token is not None and token not in self._quotes:
                raise LineError(400, "Invalid quote token")

    def _send(self, resident: Resident, messages: Sequence[Json], via: str, *, reachable: bool) -> list[Json]:
        sent = []
        for message in messages:
            message_id = self.ids.new()
            receipt: Json = {"id": message_id}
            if message["type"] in QUOTABLE:
                receipt["quoteToken"] = self.new_quote_token(message_id)
            sent.append(receipt)
            if reachable:
                resident.typing_until = 0.0
                quoted = self._quotes.get(message.get("quoteToken", ""), "")
                self.show(
                    resident,
                    message,
                    author="bot",
                    via=via,
                    status="sent",
                    message_id=message_id,
                    quoted=quoted,
                )
        return sent

    def profile(self, user_id: str, call: Call) -> Json:
        resident = self.residents.get(user_id)
        if resident is None or resident.blocked:
            raise LineError(404, "Not found")
        call.resident = resident.id
        profile = {"userId": resident.id, "displayName": resident.name}
        return profile | ({"language": resident.app_language} if resident.app_language else {})

    def start_loading(self, user_id: str, seconds: int | None, call: Call) -> None:
        """Show the loading animation until the next message or for `seconds`."""
        resident = self._recipient(user_id, call)
        seconds = DEFAULT_LOADING_S if seconds is None else seconds
        if not 5 <= seconds <= 60 or seconds % 5:
            raise LineError(400, "The value for the 'loadingSeconds' parameter is invalid")
        call.facts["loading_s"] = seconds
        resident.typing_until = self.clock.monotonic() + seconds
        self.residents.touch(resident)

    def mark_read(self, token: str, call: Call) -> None:
        """Mark the message of `token` and all earlier ones as read."""
        place = self.entry(self._reads.get(token, ""))
        if place is None:
            raise LineError(400, "Invalid markAsReadToken")
        resident, entry = place
        call.resident = resident.id
        self.residents.read_up_to(resident, entry.seq)

    def content(self, message_id: str, call: Call) -> Content:
        """What a resident sent; 404 when unknown, 410 after unsending. `ready_at` says when it may be given."""
        if (place := self.entry(message_id)) is not None:
            call.resident = place[0].id
            if place[1].status == "unsent":
                raise LineError(410, "Gone")
        content = self.contents.get(message_id)
        if content is None:
            raise LineError(404, "Not found")
        return content
