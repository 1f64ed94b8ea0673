"""Which Zoom meeting feeds which of ours, and who fetches its stream.

A link is a row: staff make it, the webhook fills in the stream. The row also says which process fetches the stream, by
a lease that it renews; when that process is gone, another (or the same after a restart) goes on.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from core.clock import Clock
from core.database import Database, UtcDateTime, metadata
from core.errors import AppError, Busy, Conflict, InvalidInput, Unavailable
from core.ids import new_id
from core.log import get_logger
from core.metrics import counter
from core.tasks import Tasks
from transcripts.rtms.protocol import Credentials, Started, Stopped
from transcripts.rtms.stream import RtmsStream, StreamOptions
from transcripts.service import MeetingService
from transcripts.sources import LiveMeetings, Source

log = get_logger(__name__)

EVENTS = counter("rtms_events", "What Zoom said about streams", ["event"])

REST = 50  # packets (5 s) that are let go when the service has no room or recognition is behind

LinkState = Literal["waiting", "live", "failed"]
_NUMBER = re.compile(r"\d{9,12}")
_JOIN = re.compile(r"https://[\w.-]+/(?:j|w|s|wc)/(\d{9,12})(?:[/?#].*)?")

links_table = sa.Table(
    "rtms_links",
    metadata,
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "zoom", sa.String(120), nullable=False
    ),  # number or UUID of the Zoom meeting; empty: the next stream
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("stream_id", sa.String(120), unique=True),
    sa.Column("meeting_uuid", sa.String(120)),
    sa.Column("server_urls", sa.JSON, nullable=False),
    sa.Column("stop_reason", sa.Integer),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("lease", sa.String(36)),
    sa.Column("lease_until", UtcDateTime),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RtmsOptions:
    """Limits of links and streams."""

    stream: StreamOptions = StreamOptions()
    lease_s: float = 30.0  # after which another process may fetch a stream
    poll_s: float = 5.0  # between looks at the table
    streams: int = 8  # fetched by one process


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A meeting of ours and where its sound comes from."""

    meeting_id: str
    zoom: str
    state: LinkState
    stop_reason: int | None


class RtmsService:
    """Links and their streams."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        meetings: MeetingService,
        live: LiveMeetings,
        credentials: Credentials,
        options: RtmsOptions | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._meetings = meetings
        self._live = live
        self.options = options or RtmsOptions()
        self._lease = new_id()  # of this process
        self._running: dict[str, asyncio.Task[None]] = {}  # by stream
        self._tasks = Tasks()
        self._look = asyncio.Event()
        self.credentials = credentials

    # What staff do

    async def link(self, meeting_id: str, zoom: str) -> Link:
        """Let the meeting be fed by a Zoom meeting: its number, the address to join it, or nothing for whichever
        stream begins next. Raises NotFound, Conflict and InvalidInput."""
        name = zoom_name(zoom)
        meeting = await self._meetings.get(meeting_id)
        if meeting.state == "ended":
            raise Conflict("This meeting has ended; open it again first.", key="rtms.ended")
        async with self._database.write() as connection:
            taken = await connection.scalar(
                sa.select(links_table.c.meeting_id).where(
                    links_table.c.zoom == name,
                    links_table.c.meeting_id != meeting_id,
                    sa.or_(links_table.c.zoom != "", links_table.c.meeting_uuid.is_(None)),
                    links_table.c.meeting_id.in_(_open_meetings()),
                )
            )
            if taken is not None:
                raise Conflict(
                    "Another meeting is waiting for this already; remove it there first.", key="rtms.taken"
                )
            await connection.execute(links_table.delete().where(links_table.c.meeting_id == meeting_id))
            await connection.execute(
                links_table.insert().values(
                    meeting_id=meeting_id,
                    zoom=name,
                    state="waiting",
                    server_urls=[],
                    changed_at=self._clock.now(),
                )
            )
        log.info("rtms_linked", meeting=meeting_id, next=not name)
        return Link(meeting_id=meeting_id, zoom=name, state="waiting", stop_reason=None)

    async def unlink(self, meeting_id: str) -> None:
        """Let go of the link; a stream that is being fetched ends. Harmless when there is none."""
        async with self._database.write() as connection:
            await connection.execute(links_table.delete().where(links_table.c.meeting_id == meeting_id))
        self._look.set()

    async def of_meeting(self, meeting_id: str) -> Link | None:
        """The meeting's link."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(sa.select(links_table).where(links_table.c.meeting_id == meeting_id))
            ).one_or_none()
        if row is None:
            return None
        return Link(meeting_id=row.meeting_id, zoom=row.zoom, state=row.state, stop_reason=row.stop_reason)

    # What Zoom says

    async def take(self, started: Started) -> bool:
        """Note a stream that began. Gives whether a meeting wants it; telling the same twice is harmless."""
        names = [name for name in (started.meeting_uuid, started.number) if name]
        table = links_table
        async with self._database.write() as connection:
            known = await connection.scalar(
                sa.select(table.c.meeting_id).where(
                    table.c.stream_id == started.stream_id, table.c.state == "live"
                )
            )
            if known is not None:
                EVENTS.labels("repeated").inc()
                return True
            rows = await connection.execute(
                sa.select(table.c.meeting_id, table.c.zoom, table.c.meeting_uuid)
                .where(table.c.meeting_id.in_(_open_meetings()))
                .order_by(table.c.changed_at)
            )
            wanting = _best(list(rows), names)
            if wanting is None:
                EVENTS.labels("unwanted").inc()
                log.info("rtms_unwanted", stream=started.stream_id)
                return False
            await connection.execute(
                table.update()
                .where(table.c.meeting_id == wanting)
                .values(
                    state="live",
                    stream_id=started.stream_id,
                    meeting_uuid=started.meeting_uuid,
                    server_urls=list(started.server_urls),
                    stop_reason=None,
                    changed_at=self._clock.now(),
                    lease=None,
                    lease_until=None,
                )
            )
        EVENTS.labels("started").inc()
        self._look.set()
        return True

    async def end(self, stopped: Stopped) -> None:
        """Note that a stream is over. Harmless when it is unknown."""
        EVENTS.labels("stopped").inc()
        async with self._database.write() as connection:
            await connection.execute(
                links_table.update()
                .where(links_table.c.stream_id == stopped.stream_id)
                .values(
                    state="waiting", stream_id=None, stop_reason=stopped.reason, changed_at=self._clock.now()
                )
            )
        self._look.set()

    # Fetching

    async def run(self) -> None:
        """Fetch streams until cancelled or closed."""
        while True:
            self._look.clear()
            await self._look_around()
            try:
                async with asyncio.timeout(self.options.poll_s):
                    await self._look.wait()
            except TimeoutError:
                continue

    async def _look_around(self) -> None:
        rows = await self._lease_streams()
        wanted = {row.stream_id for row in rows}
        for stream_id, task in list(self._running.items()):
            if task.done():
                del self._running[stream_id]
            elif stream_id not in wanted:
                task.cancel()  # it was stopped, or another process has taken it over
        for row in rows:
            if row.stream_id not in self._running:
                self._running[row.stream_id] = self._tasks.spawn("rtms.stream", self._fetch(row))

    async def _lease_streams(self) -> list[Any]:
        """The streams that are ours for another while."""
        now, table = self._clock.now(), links_table
        free = sa.or_(table.c.lease_until.is_(None), table.c.lease_until < now, table.c.lease == self._lease)
        async with self._database.read() as connection:
            found = (
                await connection.execute(
                    sa.select(table.c.stream_id)
                    .where(table.c.state == "live", free)
                    .order_by(table.c.changed_at)
                    .limit(self.options.streams)
                )
            ).all()
            if not found:
                return []
        until = now + dt.timedelta(seconds=self.options.lease_s)
        mine = [row.stream_id for row in found]
        async with self._database.write() as connection:
            await connection.execute(
                table.update()
                .where(table.c.stream_id.in_(mine), table.c.state == "live", free)
                .values(lease=self._lease, lease_until=until)
            )
            rows = await connection.execute(
                sa.select(table).where(table.c.stream_id.in_(mine), table.c.lease == self._lease)
            )
            return list(rows)

    async def _fetch(self, row: Any) -> None:
        started = Started(
            meeting_uuid=row.meeting_uuid, stream_id=row.stream_id, server_urls=tuple(row.server_urls)
        )
        pipe = _Pipe(self._live, row.meeting_id, sender=f"zoom {row.stream_id}"[:64])
        stream = RtmsStream(
            started,
            credentials=self.credentials,
            feed=pipe.feed,
            clock=self._clock,
            options=self.options.stream,
        )
        try:
            await stream.run()
            await self._settle(row.stream_id, "waiting")
        except AppError as error:
            log.warning("rtms_failed", meeting=row.meeting_id, code=error.code)
            await self._settle(row.stream_id, "failed")
        finally:
            await asyncio.shield(pipe.end())
            self._look.set()

    async def _settle(self, stream_id: str, state: LinkState) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                links_table.update()
                .where(links_table.c.stream_id == stream_id, links_table.c.lease == self._lease)
                .values(
                    state=state, stream_id=None, changed_at=self._clock.now(), lease=None, lease_until=None
                )
            )

    async def close(self, *, grace_s: float = 0.0) -> None:
        """Stop fetching and give the leases back, so that another process, or the next start, goes on at once."""
        await self._tasks.close(grace_s=grace_s)
        async with self._database.write() as connection:
            await connection.execute(
                links_table.update()
                .where(links_table.c.lease == self._lease)
                .values(lease=None, lease_until=None)
            )


class _Pipe:
    """A stream's way into a meeting: its source is opened with the first sound, and again when it broke."""

    def __init__(self, live: LiveMeetings, meeting_id: str, *, sender: str) -> None:
        self._live = live
        self._meeting_id = meeting_id
        self._sender = sender
        self._source: Source | None = None
        self._rest = 0  # packets that are let go before the next try

    async def feed(self, pcm: bytes) -> None:
        """Raises NotFound and Conflict: the meeting takes no sound from us. What may pass is waited out."""
        if self._rest:
            self._rest -= 1
            return
        try:
            if self._source is None:
                self._source = await self._live.open(self._meeting_id, sender=self._sender)
            await self._source.feed(pcm)
        except (Busy, Unavailable) as error:
            log.warning("rtms_sound_refused", meeting=self._meeting_id, code=error.code)
            if self._source is not None:
                self._live.detach(self._source)
            self._source, self._rest = None, REST

    async def end(self) -> None:
        """Everything said is stored when this returns, as far as it can be."""
        if self._source is None:
            return  # nothing, or what there was is ended by its grace
        self._live.detach(self._source)
        try:
            await self._live.end(self._meeting_id)
        except AppError as error:
            log.warning("rtms_end_failed", meeting=self._meeting_id, code=error.code)


def zoom_name(text: str) -> str:
    """A Zoom meeting as staff write it: its number, the address to join it, its UUID; empty for the next stream.

    Raises InvalidInput.
    """
    text = text.strip()
    joined = _JOIN.fullmatch(text)
    digits = re.sub(r"[\s-]", "", text)
    if joined:
        return joined[1]
    if _NUMBER.fullmatch(digits):
        return digits
    if re.fullmatch(r"[A-Za-z0-9+/]{20,30}={0,2}", text) or not text:
        return text
    raise InvalidInput("This is not the number of a Zoom meeting.", key="rtms.wrong_number")


def _best(rows: list[Any], names: list[str]) -> str | None:
    """The meeting that wants the stream most: by name; because the same Zoom meeting fed it before; as the next."""
    by_name = [row for row in rows if row.zoom in names]
    known = [row for row in rows if row.meeting_uuid in names]
    next_one = [row for row in rows if not row.zoom and row.meeting_uuid is None]
    for row in (*by_name, *known, *next_one):
        return str(row.meeting_id)
    return None


def _open_meetings() -> sa.Select[tuple[str]]:
    meetings = metadata.tables["meetings"]
    return sa.select(meetings.c.id).where(meetings.c.state != "ended")
