"""Posts signed webhooks to the bot, as LINE does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import aiohttp

from bot.simulator.channel import Channel
from bot.simulator.events import pack, redelivered, sign
from bot.simulator.model import Delivery, Json, Status
from core.errors import InvalidInput
from core.log import get_logger
from core.tasks import Tasks

log = get_logger(__name__)

MAX_ANSWER = 64_000  # bytes of the bot's answer that are read


class Webhooks:
    """The sender. Keeps the reply tokens' age and the bubbles' state, logs each delivery, and redelivers
    when that is switched on."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._tasks = Tasks()
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession()

    async def close(self) -> None:
        """End waiting redeliveries and the connections."""
        await self._tasks.close()
        if self._session is not None:
            await self._session.close()

    async def deliver(self, events: Sequence[Json], *, copies: int = 1) -> Delivery:
        """Post these events; `copies` above 1 posts the very same bytes again, as a network may do. Returns how
        the first one went."""
        for event in events:
            self._channel.events[event["webhookEventId"]] = event
        body = pack(self._channel.bot_id, events)
        deliveries = [await self._post_events(body, events) for _ in range(copies)]
        if not deliveries[0].ok and self._channel.options.redelivery_after_s:
            self._tasks.spawn("simulator_redelivery", self._redeliver_until_taken(events))
        return deliveries[0]

    async def redeliver(self, event_id: str) -> Delivery:
        """Post a past event again with `isRedelivery`; raises InvalidInput when it was forgotten."""
        event = self._channel.events.get(event_id)
        if event is None:
            raise InvalidInput("The simulator remembers no event with this id.")
        return await self._redeliver([event])

    async def _redeliver_until_taken(self, events: Sequence[Json]) -> None:
        for delay_s in self._channel.options.redelivery_after_s:
            await asyncio.sleep(delay_s)
            if (await self._redeliver(events)).ok:
                return

    async def _redeliver(self, events: Sequence[Json]) -> Delivery:
        again = [redelivered(event) for event in events]
        return await self._post_events(pack(self._channel.bot_id, again), again, redelivery=True)

    async def _post_events(
        self, body: bytes, events: Sequence[Json], *, redelivery: bool = False
    ) -> Delivery:
        for event in events:
            self._channel.reply_tokens.delivered(event.get("replyToken", ""))
        delivery = await self.post(
            body,
            action=", ".join(name_event(event) for event in events) or "verify",
            resident=events[0]["source"]["userId"] if events else "",
            event_id=events[0]["webhookEventId"] if events else "",
            redelivery=redelivery,
        )
        status: Status = "sent" if delivery.ok else "failed"
        for event in events:
            if (place := self._channel.entry(event["webhookEventId"])) is not None:
                self._channel.residents.change(place[0], place[1].seq, status, reason=delivery.reason)
        return delivery

    async def post(
        self,
        body: bytes,
        *,
        action: str,
        resident: str = "",
        event_id: str = "",
        signature: str | None = None,
        redelivery: bool = False,
    ) -> Delivery:
        """Post these bytes with their signature (or with `signature`), and log how it went."""
        clock = self._channel.clock
        started = clock.monotonic()
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "LineBotWebhook/2.0",
            "x-line-signature": sign(self._channel.options.channel_secret, body)
            if signature is None
            else signature,
        }
        status, reason, answer = await self._exchange(body, headers)
        delivery = Delivery(status=status, ms=(clock.monotonic() - started) * 1000, reason=reason)
        facts: Json = {"reason": reason} if reason else {}
        self._channel.traffic.add(
            side="webhook",
            action=action,
            status=status,
            ms=delivery.ms,
            resident=resident,
            request_id=event_id,
            facts=facts | ({"redelivery": True} if redelivery else {}),
            request=body.decode("utf-8", "replace"),
            response=answer,
        )
        log.info("webhook_posted", status=status, ms=round(delivery.ms, 1), reason=reason)
        return delivery

    async def _exchange(self, body: bytes, headers: dict[str, str]) -> tuple[int, str, str]:
        """(status, LINE's reason for a failure, the answer's text)."""
        timeout = aiohttp.ClientTimeout(total=self._channel.options.webhook_timeout_s)
        if self._session is None or not self._channel.webhook_url:
            return 0, "could_not_connect", ""
        try:
            async with self._session.post(
                self._channel.webhook_url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                text = (await response.content.read(MAX_ANSWER)).decode("utf-8", "replace")
                ok = 200 <= response.status < 300
                return response.status, "" if ok else "error_status_code", text
        except TimeoutError:
            return 0, "request_timeout", ""
        except aiohttp.ClientConnectorError:
            return 0, "could_not_connect", ""
        except aiohttp.ClientError:
            return 0, "unclassified", ""


def name_event(event: Json) -> str:
    """`message text`, `follow` … for reading."""
    message = event.get("message")
    return f"{event['type']} {message['type']}" if isinstance(message, dict) else str(event["type"])
