"""Captions, put together: meetings, their sound, those who read along and where captions are sent."""

from __future__ import annotations

from dataclasses import dataclass

from config.opening import Parts, cores
from config.settings import Settings
from core.jobs import Jobs
from transcripts.audio import AudioLimits
from transcripts.hub import Hub
from transcripts.keeping import Keeper, KeepingOptions
from transcripts.readers import Readers
from transcripts.relays.delivery import DeliveryOptions
from transcripts.relays.planning import PlanOptions
from transcripts.relays.runner import RelayOptions, Relays
from transcripts.relays.service import RelayLimits, RelayService
from transcripts.relays.sinks import make_sinks
from transcripts.relays.sinks.http import CaptionHttp
from transcripts.retention import Retention, RetentionOptions
from transcripts.rtms.protocol import Credentials
from transcripts.rtms.service import RtmsOptions, RtmsService
from transcripts.rtms.stream import StreamOptions
from transcripts.service import MeetingOptions, MeetingService
from transcripts.session import LiveOptions
from transcripts.sources import LiveMeetings, SourceOptions
from transcripts.translating import PartialTranslations
from transcripts.uploads import UploadOptions, Uploads

MEETINGS_PER_CORE = 3  # live at once, unless set; measured with the starter model (docs/captions.md)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionParts:
    """What the service needs of captions."""

    meetings: MeetingService
    live: LiveMeetings
    hub: Hub
    readers: Readers
    partials: PartialTranslations
    keeper: Keeper
    retention: Retention
    uploads: Uploads
    rtms: RtmsService | None  # None: no app at Zoom is set up
    relays: RelayService
    relaying: Relays
    http: CaptionHttp

    async def close(self) -> None:
        """Give back connections and files; meetings have ended before."""
        await self.keeper.close()
        await self.http.close()


def make_captions(settings: Settings, parts: Parts, jobs: Jobs) -> CaptionParts:
    """Connect them. Opens nothing."""
    meetings = _meetings(settings, parts, jobs)
    hub = Hub(read_after=meetings.read_after, bus=parts.bus, clock=parts.clock, tasks=parts.tasks)
    keeper, retention = _kept_sound(settings, parts, meetings)
    partials = _partials(parts, meetings, hub)
    live = _live(settings, parts, meetings, hub, keeper, partials)
    http = CaptionHttp(allow_local=settings.relays.allow_local)
    relays, relaying = _relays(settings, parts, meetings, http)
    return CaptionParts(
        meetings=meetings,
        live=live,
        hub=hub,
        readers=Readers(meetings.note_readers, [hub.watched, relaying.watched]),
        partials=partials,
        keeper=keeper,
        retention=retention,
        uploads=_uploads(settings, parts, jobs, meetings, live, keeper),
        rtms=_rtms(settings, parts, meetings, live),
        relays=relays,
        relaying=relaying,
        http=http,
    )


def _meetings(settings: Settings, parts: Parts, jobs: Jobs) -> MeetingService:
    return MeetingService(
        database=parts.database,
        jobs=jobs,
        bus=parts.bus,
        clock=parts.clock,
        translator=parts.translator,
        memory=parts.memory,
        glossary=parts.glossary,
        options=_meeting_options(settings),
    )


def _partials(parts: Parts, meetings: MeetingService, hub: Hub) -> PartialTranslations:
    return PartialTranslations(
        translator=meetings.translator,
        look=meetings.plan_and_names,
        readers=hub.readers,
        show=hub.show_partial,
        clock=parts.clock,
        tasks=parts.tasks,
    )


def _live(
    settings: Settings,
    parts: Parts,
    meetings: MeetingService,
    hub: Hub,
    keeper: Keeper,
    partials: PartialTranslations,
) -> LiveMeetings:
    return LiveMeetings(
        service=meetings,
        hub=hub,
        recogniser=parts.recogniser,
        live=LiveOptions(translated_hold=settings.captions.translated_hold),
        clock=parts.clock,
        tasks=parts.tasks,
        options=SourceOptions(
            meetings=settings.recogniser.max_meetings or MEETINGS_PER_CORE * cores(),
            promise_s=settings.recogniser.promise_s,
        ),
        keeper=keeper,
        partials=partials,
    )


def _relays(
    settings: Settings, parts: Parts, meetings: MeetingService, http: CaptionHttp
) -> tuple[RelayService, Relays]:
    set_up = settings.relays
    sinks = make_sinks(
        http,
        zoom_hosts=settings.zoom.caption_hosts,
        teams_hosts=settings.teams.caption_hosts,
        youtube_hosts=settings.youtube.caption_hosts,
        allow_local=set_up.allow_local,
    )
    service = RelayService(
        database=parts.database,
        bus=parts.bus,
        clock=parts.clock,
        meetings=meetings,
        places={kind: sink.place for kind, sink in sinks.items()},
        limits=RelayLimits(for_meeting=set_up.for_meeting),
    )
    relaying = Relays(
        database=parts.database,
        bus=parts.bus,
        clock=parts.clock,
        sinks=sinks,
        options=RelayOptions(
            plan=PlanOptions(waiting=set_up.waiting, kept=set_up.kept, late_s=set_up.late_s),
            delivery=DeliveryOptions(give_up_s=set_up.give_up_s),
            senders=set_up.senders,
            lease_s=max(20.0, 4 * set_up.give_up_s),
            poll_s=settings.work.poll_s,
            keep_url_s=set_up.keep_url_s,
        ),
    )
    return service, relaying


def _meeting_options(settings: Settings) -> MeetingOptions:
    captions = settings.captions
    return MeetingOptions(
        reader_s=captions.reader_s,
        renew_s=captions.reader_s / 3,
        recent=captions.recent,
        earlier=captions.earlier,
        hotwords=captions.hotwords,
        audio_days_limit=captions.audio_days,
    )


def _kept_sound(settings: Settings, parts: Parts, meetings: MeetingService) -> tuple[Keeper, Retention]:
    captions = settings.captions
    keeper = Keeper(
        settings.data_dir / "sound",
        meeting=meetings.get,
        note_trouble=meetings.note_audio_trouble,
        clock=parts.clock,
        options=KeepingOptions(limit_mb=captions.audio_mb, reserve_mb=captions.audio_reserve_mb),
    )
    retention = Retention(
        service=meetings,
        keeper=keeper,
        clock=parts.clock,
        options=RetentionOptions(transcript_days=captions.transcript_days),
    )
    return keeper, retention


def _uploads(
    settings: Settings,
    parts: Parts,
    jobs: Jobs,
    meetings: MeetingService,
    live: LiveMeetings,
    keeper: Keeper,
) -> Uploads:
    set_up = settings.uploads
    return Uploads(
        database=parts.database,
        jobs=jobs,
        clock=parts.clock,
        meetings=meetings,
        recogniser=parts.recogniser,
        folder=settings.data_dir / "uploads",
        limits=AudioLimits(
            bytes=settings.http.upload_limit,
            seconds=set_up.seconds,
            memory=set_up.memory_mb * 1024 * 1024,
            processor_s=set_up.processor_s,
        ),
        is_live=live.is_live,
        keep=keeper.append,
        options=UploadOptions(waiting=set_up.waiting),
    )


def _rtms(
    settings: Settings, parts: Parts, meetings: MeetingService, live: LiveMeetings
) -> RtmsService | None:
    zoom = settings.zoom
    credentials = Credentials(
        client_id=zoom.rtms_client_id,
        client_secret=zoom.rtms_client_secret.get_secret_value(),
        secret_token=zoom.rtms_secret_token.get_secret_value(),
    )
    if not (credentials.client_id and credentials.client_secret and credentials.secret_token):
        return None
    stream = StreamOptions(hosts=zoom.rtms_hosts, allow_local=zoom.rtms_allow_local)
    return RtmsService(
        database=parts.database,
        clock=parts.clock,
        meetings=meetings,
        live=live,
        credentials=credentials,
        options=RtmsOptions(stream=stream),
    )
