"""Saying something unasked: in the resident's language, under the counter's name, once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.actions import Tell
from bot.city import City
from bot.counter import store
from bot.counter.model import Counter, Kind
from bot.counter.wording import Wording
from bot.model import Button, Resident
from bot.outbox import Allows, Outbox, always
from bot.replies import Renderer, with_sender
from bot.store import add_message, get_resident
from core.log import get_logger
from core.metrics import counter as metric

log = get_logger(__name__)

TOLD = metric("counter_notices", "Notices to residents", ["kind", "result"])


class Teller:
    """Writes notices into the outbox, in the caller's transaction."""

    def __init__(
        self, *, city: City, renderer: Renderer, outbox: Outbox, wording: Wording, allows: Allows = always
    ) -> None:
        self._city = city
        self._renderer = renderer
        self._outbox = outbox
        self._wording = wording
        self._allows = allows

    async def tell(
        self,
        connection: AsyncConnection,
        resident_id: str,
        kind: Kind,
        key: str,
        *,
        counter: Counter,
        values: Mapping[str, str],
        buttons: tuple[Button, ...] = (),
        matters: bool = True,
        now: dt.datetime,
    ) -> str:
        """Say the phrase `notice.<key>` unless the resident chose not to hear such things, has blocked the account or
        the month's messages are used up. Gives what came of it: sent, not wanted, unreachable, quota."""
        resident = await get_resident(connection, resident_id)
        result = "sent"
        if (await store.chosen(connection, resident_id)).get(kind, True) is False:
            result = "not wanted"
        elif not resident.reachable:
            result = "unreachable"
        elif not self._allows(matters):
            result = "quota"
            log.error("notice_not_sent", what_to_do="raise LINE's plan; the month's messages are used up")
        else:
            await self._write(connection, resident, key, counter, values, buttons, now)
        TOLD.labels(kind, result).inc()
        return result

    async def _write(
        self,
        connection: AsyncConnection,
        resident: Resident,
        key: str,
        counter: Counter,
        values: Mapping[str, str],
        buttons: tuple[Button, ...],
        now: dt.datetime,
    ) -> None:
        language = resident.conversation.language or resident.profile_language or "ja"
        said = self._wording.about(key, counter, *buttons, **values)
        sender = self._city.department(counter.department, language)
        replies = with_sender(self._renderer.render([said], language), sender)
        japanese = self._renderer.render([Tell(texts={"ja": said.texts["ja"]})], "ja")
        ids = [
            await add_message(
                connection,
                now=now,
                resident_id=resident.id,
                direction="bot",
                kind="notice",
                text=reply.text,
                language=language,
                japanese=japanese[at].text if at < len(japanese) else "",
                state="waiting",
            )
            for at, reply in enumerate(replies)
        ]
        await self._outbox.add(connection, resident, replies, message_ids=ids)

    def hint(self) -> None:
        """Call after the commit."""
        self._outbox.hint()
