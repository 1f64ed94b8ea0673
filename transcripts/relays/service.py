"""What staff do with relays: the transactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.accounts import Account
from core.bus import Bus
from core.clock import Clock
from core.database import Database
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import digest, new_id
from core.log import get_logger
from transcripts.relays import store
from transcripts.relays.address import Place, check_url
from transcripts.relays.model import KINDS, Health, Kind, Relay, health
from transcripts.relays.runner import TOPIC
from transcripts.service import MeetingService, topic

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayLimits:
    """Limits of relays."""

    for_meeting: int = 8  # relays of one meeting


class RelayService:
    """Relays of meetings. `places` says what the URLs of each kind look like."""

    def __init__(
        self,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        meetings: MeetingService,
        places: Mapping[Kind, Place],
        limits: RelayLimits | None = None,
    ) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._meetings = meetings
        self._places = places
        self.limits = limits or RelayLimits()

    def health(self, relay: Relay) -> Health:
        """The relay's health now."""
        return health(relay, self._clock.now())

    async def of_meeting(self, meeting_id: str) -> list[Relay]:
        """The relays of a meeting, the oldest first."""
        async with self._database.read() as connection:
            return await store.of_meeting(connection, meeting_id)

    async def add(self, meeting_id: str, *, kind: str, language: str, url: str, account: Account) -> Relay:
        """Relay the meeting's captions from now on.

        Raises InvalidInput for a wrong kind, language or URL, Conflict when the meeting is over, has too many relays,
        or the URL is in use.
        """
        chosen = _kind(kind)
        meeting = await self._meetings.get(meeting_id)
        self._meetings.check_languages(meeting, [language])
        if meeting.state == "ended":
            raise Conflict("This meeting has ended; open it again first.", key="relays.meeting_over")
        address = check_url(url, self._places[chosen])
        relay_id, now = new_id(), self._clock.now()
        try:
            async with self._database.write() as connection:
                if len(await store.of_meeting(connection, meeting_id)) >= self.limits.for_meeting:
                    raise Conflict(
                        f"A meeting has at most {self.limits.for_meeting} relays; remove one first.",
                        key="relays.too_many",
                        limit=self.limits.for_meeting,
                    )
                await self._check_unused(connection, digest(address.text))
                await store.add(
                    connection,
                    id=relay_id,
                    meeting_id=meeting_id,
                    kind=chosen,
                    language=language,
                    url=address.text,
                    url_digest=digest(address.text),
                    url_set_at=now,
                    last_seq=await store.last_segment(connection, meeting_id),
                    created_at=now,
                    created_by=account.id,
                )
                relay = await self._get(connection, meeting_id, relay_id)
        except IntegrityError as error:
            raise _in_use() from error
        log.info("relay_added", relay=relay_id, meeting=meeting_id, kind=chosen, account=account.id)
        self._changed(meeting_id)
        return relay

    async def replace_url(self, meeting_id: str, relay_id: str, *, url: str, account: Account) -> Relay:
        """Go on with another URL. Raises InvalidInput, Conflict, NotFound."""
        try:
            async with self._database.write() as connection:
                relay = await self._get(connection, meeting_id, relay_id)
                address = check_url(url, self._places[relay.kind])
                await self._check_unused(connection, digest(address.text), but=relay_id)
                fresh = {"state": "on", "number": 0, "outgoing": [], "offset_s": 0.0, "trouble": None}
                await store.change(
                    connection,
                    relay_id,
                    url=address.text,
                    url_digest=digest(address.text),
                    url_set_at=self._clock.now(),
                    version=relay.version + 1,
                    **fresh,
                )
                relay = await self._get(connection, meeting_id, relay_id)
        except IntegrityError as error:
            raise _in_use() from error
        log.info("relay_url_replaced", relay=relay_id, account=account.id)
        self._changed(meeting_id)
        return relay

    async def move(self, meeting_id: str, relay_id: str, *, state: str, account: Account) -> Relay:
        """Pause a relay ("paused") or let it go on ("on"). What was said during a pause is not sent afterwards.

        Raises InvalidInput, NotFound, and Conflict when there is no URL to go on with.
        """
        if state not in ("on", "paused"):
            raise InvalidInput("“state” must be on or paused.")
        async with self._database.write() as connection:
            relay = await self._get(connection, meeting_id, relay_id)
            values: dict[str, Any] = {"state": state}
            if state == "on":
                if relay.url is None:
                    raise Conflict(
                        "The address of this relay was deleted; give a new one.",
                        key="relays.trouble.url_deleted",
                    )
                values["trouble"] = None
                if relay.state == "paused":
                    values |= {"outgoing": [], "last_seq": await store.last_segment(connection, meeting_id)}
            await store.change(connection, relay_id, **values)
            relay = await self._get(connection, meeting_id, relay_id)
        log.info("relay_moved", relay=relay_id, state=state, account=account.id)
        self._changed(meeting_id)
        return relay

    async def remove(self, meeting_id: str, relay_id: str, *, account: Account) -> None:
        """Stop relaying and delete the URL. Raises NotFound."""
        async with self._database.write() as connection:
            await self._get(connection, meeting_id, relay_id)
            await store.remove(connection, relay_id)
        log.info("relay_removed", relay=relay_id, account=account.id)
        self._changed(meeting_id)

    async def _get(self, connection: AsyncConnection, meeting_id: str, relay_id: str) -> Relay:
        relay = await store.find(connection, relay_id)
        if relay is None or relay.meeting_id != meeting_id:
            raise NotFound("There is no such relay in this meeting; load the page again.")
        return relay

    async def _check_unused(self, connection: AsyncConnection, url_digest: str, *, but: str = "") -> None:
        if await store.is_used(connection, url_digest, but=but):
            raise _in_use()

    def _changed(self, meeting_id: str) -> None:
        self._bus.publish(TOPIC)
        self._bus.publish(topic(meeting_id))


def _kind(kind: str) -> Kind:
    for known in KINDS:
        if kind == known:
            return known
    raise InvalidInput(f"“kind” must be one of {', '.join(KINDS)}.")


def _in_use() -> Conflict:
    return Conflict("This address is in use by a relay already; copy another one.", key="relays.url_in_use")
