"""Settings, read once. Nothing else in the house reads the environment.

Sources, strongest first: environment variables `MADOGUCHI_…` (nested with `__`), a `.env` file, `madoguchi.toml`
in the working directory (or the file that MADOGUCHI_CONFIG names), and the defaults here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from core.errors import InvalidInput

MASK = "**********"
CITY_DIR = Path(__file__).parent / "city"


class Part(BaseModel):
    """A group of settings. A name that it does not know is a mistake, not a setting without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HttpSettings(Part):
    """Where the service listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)  # 0: any free port
    public_url: str = ""  # the address residents and staff use; for QR codes and for cookies over TLS
    body_limit: int = Field(default=1024 * 1024, gt=0)  # bytes of a request body
    upload_limit: int = Field(default=200 * 1024 * 1024, gt=0)  # bytes of an audio file
    session_idle_s: int = Field(default=2 * 3600, gt=0)  # seconds without use until a login ends
    session_absolute_s: int = Field(default=10 * 3600, gt=0)  # seconds until a login ends in any case


class LineSettings(Part):
    """The city's LINE channel."""

    channel_secret: SecretStr = SecretStr("")
    previous_channel_secret: SecretStr = SecretStr("")  # accepted too while a new secret is being introduced
    channel_access_token: SecretStr = SecretStr("")
    api_base: str = "https://api.line.me"
    data_api_base: str = "https://api-data.line.me"
    timeout_s: float = Field(default=10.0, gt=0)
    max_voice_s: int = Field(default=120, gt=0)
    max_voice_bytes: int = Field(default=10_000_000, gt=0)
    quota_warn: float = Field(
        default=0.8, gt=0, le=1
    )  # share of the month's messages at which staff are warned
    quota_hold: float = Field(default=0.95, gt=0, le=1)  # above which only what matters is sent unasked


class ZoomSettings(Part):
    """Zoom as a place where captions go and where sound comes from."""

    caption_hosts: tuple[str, ...] = (
        "wmcapi.zoom.us",
    )  # hosts that captions may be sent to; "*.zoom.us" is all below
    # The app at Zoom that streams sound (RTMS); without it there is no page for that.
    rtms_client_id: str = ""
    rtms_client_secret: SecretStr = SecretStr("")
    rtms_secret_token: SecretStr = SecretStr("")  # of its webhook
    rtms_hosts: tuple[str, ...] = ("*.zoom.us", "*.zoomgov.com")  # servers that a stream may be fetched from
    rtms_allow_local: bool = False  # ws and local addresses on the listed hosts, for the simulator


class UploadSettings(Part):
    """Recordings that staff hand in."""

    seconds: float = Field(default=4 * 3600.0, gt=0)  # the longest; HTTP__UPLOAD_LIMIT bounds the bytes
    at_once: int = Field(default=1, ge=1)  # decoded and heard at the same time
    waiting: int = Field(default=16, ge=1)  # that may wait for their turn
    memory_mb: int = Field(default=512, ge=150)  # MiB of address space of a decoding process
    processor_s: float = Field(default=1200.0, gt=0)  # processor time that decoding one may take


class TeamsSettings(Part):
    """Microsoft Teams as a place where captions go."""

    caption_hosts: tuple[str, ...] = ("api.captions.office.microsoft.com",)


class YouTubeSettings(Part):
    """YouTube as a place where captions go."""

    caption_hosts: tuple[str, ...] = ("upload.youtube.com",)


class RelaySettings(Part):
    """Captions on their way to other places."""

    waiting: int = Field(default=4, ge=1)  # captions; when more wait, only the newest are sent
    kept: int = Field(default=2, ge=1)  # so many of them
    late_s: float = Field(default=30.0, gt=0)  # a translation that comes so long after its words is left out
    give_up_s: float = Field(default=5.0, gt=0, le=30)  # after which the next caption has its turn
    for_meeting: int = Field(default=8, ge=1)  # places of one meeting
    senders: int = Field(default=64, ge=1)  # places that one process sends to
    keep_url_s: float = Field(default=3600.0, ge=0)  # how long an address is kept after its meeting
    allow_local: bool = False  # http and local addresses on the listed hosts, for simulators


class ChatSettings(Part):
    """Talking with residents."""

    stale_articles: Literal["say", "doubt"] = "say"  # past their date: shown with a warning, or never as sure
    topic_s: float = Field(
        default=900.0, gt=0
    )  # seconds for which "how much?" is about the article shown last
    messages_a_minute: int = Field(default=20, ge=1)  # of one resident that are looked up; more are only kept
    messages_a_day: int = Field(default=400, ge=1)


class PrivacySettings(Part):
    """How long each kind of data of residents is kept. Files: see `attachments`; drafts: see `forms`."""

    unconsented_hours: int = Field(default=24, ge=1)  # conversations of residents who have not agreed
    messages_days: int = Field(default=365, ge=1)  # under no open request
    requests_days: int = Field(default=1095, ge=1)  # after they were closed
    given_up_days: int = Field(default=30, ge=1)  # events and messages that were given up
    residents_days: int = Field(default=730, ge=1)  # since they were last seen
    audit_days: int = Field(default=1825, ge=1)  # entries that say what was done, for nobody in particular
    link_minutes: int = Field(default=30, ge=1)  # for which a link to all of one's data works, once
    links_a_day: int = Field(default=3, ge=1)  # of one resident


class DisasterSettings(Part):
    """Check-ins and notices in a disaster."""

    remind_every_h: int = Field(default=6, ge=1)  # hours between two questions to the same person
    asks: int = Field(default=8, ge=1)  # questions to one person in one disaster
    night_from: int = Field(default=22, ge=0, le=23)  # local hour from which nobody is reminded
    night_until: int = Field(default=6, ge=0, le=23)
    keep_days: int = Field(default=30, ge=1)  # days after the end until check-ins are erased
    people_per_s: int = Field(default=200, ge=1)  # recipients of a notice in a second
    batch: int = Field(default=200, ge=1, le=500)  # recipients of one call
    longest_notice: int = Field(default=1000, ge=50, le=4000)  # characters


class FormSettings(Part):
    """Forms that residents fill in by chat."""

    draft_days: int = Field(default=14, ge=1)  # how long a form that was begun is kept
    pause_s: int = Field(default=3 * 3600, gt=0)  # seconds after which a resident is asked whether to go on
    live_bookings: int = Field(default=20, ge=1)  # of one resident
    reminder_hour: int = Field(default=17, ge=0, le=23)  # local time, the day before
    reminders_a_month: int = Field(default=5_000, ge=0)  # they count against LINE's quota


class AttachmentSettings(Part):
    """Pictures, recordings, videos and files that residents send."""

    bytes: int = Field(default=25_000_000, gt=0)  # of one
    a_day: int = Field(default=30, ge=1)  # of one resident
    mb: int = Field(default=20_000, gt=0)  # MiB of all together; more are not fetched
    days: int = Field(default=180, ge=1)  # for which they are kept


class RecogniserSettings(Part):
    """Speech recognition."""

    model: str = "starter"  # "starter" (English, tiny), a size such as "small", or a folder
    compute_type: str = "int8"
    threads: int = Field(default=1, ge=1)  # processor cores for one recognition
    workers: int | None = Field(default=None, ge=1)  # recognitions at the same time; None: as cores allow
    max_meetings: int | None = Field(default=None, ge=1)  # live at the same time; None: three for each core
    busy_share: float = Field(default=0.85, gt=0, le=1)  # of the workers' time, before live text grows slower
    slowest_step_s: float = Field(default=2.5, gt=0)  # seconds between looks at open speech, under load
    promise_s: float = Field(default=6.0, gt=0)  # delay within which spoken words are to be read


class CaptionSettings(Part):
    """Captions of meetings: who they are translated for, and how long things are kept."""

    reader_s: float = Field(default=60.0, gt=0)  # for which a language counts as read after a reader was seen
    recent: int = Field(
        default=20, ge=0
    )  # newest captions translated at once for who joins in a new language
    earlier: int = Field(default=300, ge=0)  # how far back they are translated after that
    file_wait_s: float = Field(default=20.0, ge=0)  # for which a file waits for captions not translated yet
    translated_hold: float = Field(
        default=2.5, ge=1
    )  # times longer that sentences wait for their end, if translated
    hotwords: int = Field(default=60, ge=0)  # names and terms of a meeting that the recogniser is told
    audio_days: int = Field(
        default=30, ge=0
    )  # longest time for which a meeting's sound may be kept; 0: never
    audio_mb: int = Field(default=20_000, gt=0)  # MiB of sound of all meetings together; an hour takes 110
    audio_reserve_mb: int = Field(default=500, ge=0)  # MiB that stay free on the disk
    transcript_days: int = Field(default=0, ge=0)  # after the end until a meeting's text is deleted; 0: never


class TranslationSettings(Part):
    """Machine translation."""

    parallel: int = Field(default=2, ge=1)  # batches that are decoded at the same time
    idle_s: float = Field(default=1800.0, gt=0)  # seconds without use until a model leaves memory
    models_mb: int = Field(default=2048, gt=0)  # MiB that loaded models may take together, estimated
    workers: int = Field(default=2, ge=1)  # batches that one CTranslate2 model decodes at the same time
    firefox_processes: int = Field(
        default=2, ge=1
    )  # of each Firefox model: sentences decoded at the same time
    longest_text: int = Field(default=20_000, gt=0)  # characters
    tries_live: int = Field(
        default=2, ge=0
    )  # further decodes of a caption whose facts or words did not come through
    tries: int = Field(default=8, ge=0)  # the same for all other texts
    waiting_live: int = Field(default=500, gt=0)  # sentences of captions that may wait; more are refused
    waiting_chat: int = Field(default=2000, gt=0)
    waiting_bulk: int = Field(default=2000, gt=0)
    recent: int = Field(default=5000, ge=0)  # translated sentences kept for whoever asks for the same
    memory_units: int = Field(default=200_000, gt=0)  # approved translations held by each process
    argos_index: str = "https://raw.githubusercontent.com/argosopentech/argospm-index/main/index.json"
    firefox_records: str = (
        "https://firefox.settings.services.mozilla.com"
        "/v1/buckets/main/collections/translations-models-v2/records"
    )
    firefox_attachments: str = "https://firefox-settings-attachments.cdn.mozilla.net"
    max_model_mb: int = Field(default=1000, gt=0)  # megabytes that one downloaded model may have


class LogSettings(Part):
    """Logs, on stderr."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    json_lines: bool = False


class WorkSettings(Part):
    """The workers of the inbox and the outbox."""

    chat_concurrency: int = Field(default=8, ge=1)  # residents answered at the same time
    outbox_concurrency: int = Field(default=16, ge=1)
    lease_s: float = Field(default=30.0, gt=0)  # seconds after which the work of a dead process is taken over
    poll_s: float = Field(default=2.0, gt=0)  # seconds between looks at the table when nothing hints
    keep_done_days: int = Field(default=14, ge=1)  # how long finished jobs (and with them event ids) are kept


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix="MADOGUCHI_",
        env_nested_delimiter="__",
        env_file=".env",
        extra="ignore",
        frozen=True,
    )

    data_dir: Path = Path("var")
    database_url: str = ""  # empty: SQLite in data_dir
    nats_url: str = ""  # empty: hints stay in this process
    models_dir: Path | None = None  # None: data_dir/models
    cache_dir: Path | None = None  # None: data_dir/cache; may be deleted at any time
    city_dir: Path = CITY_DIR
    http: HttpSettings = HttpSettings()
    line: LineSettings = LineSettings()
    zoom: ZoomSettings = ZoomSettings()
    teams: TeamsSettings = TeamsSettings()
    youtube: YouTubeSettings = YouTubeSettings()
    relays: RelaySettings = RelaySettings()
    chat: ChatSettings = ChatSettings()
    forms: FormSettings = FormSettings()
    attachments: AttachmentSettings = AttachmentSettings()
    disaster: DisasterSettings = DisasterSettings()
    privacy: PrivacySettings = PrivacySettings()
    uploads: UploadSettings = UploadSettings()
    recogniser: RecogniserSettings = RecogniserSettings()
    captions: CaptionSettings = CaptionSettings()
    translation: TranslationSettings = TranslationSettings()
    work: WorkSettings = WorkSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        named = os.environ.get("MADOGUCHI_CONFIG")
        file = Path(named or "madoguchi.toml")
        if named and not file.is_file():
            raise InvalidInput(f"There is no settings file “{named}”; check MADOGUCHI_CONFIG.")
        toml = TomlConfigSettingsSource(settings_cls, toml_file=file)
        return init_settings, env_settings, dotenv_settings, toml

    @property
    def models_folder(self) -> Path:
        """Where models are."""
        return self.models_dir or self.data_dir / "models"

    @property
    def cache_folder(self) -> Path:
        """Where things are kept that can be made again."""
        return self.cache_dir or self.data_dir / "cache"

    @property
    def database(self) -> str:
        """The database's address, with the async driver."""
        if not self.database_url:
            return f"sqlite+aiosqlite:///{self.data_dir / 'madoguchi.db'}"
        for plain, driver in (
            ("postgresql://", "postgresql+asyncpg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            if self.database_url.startswith(plain):
                return driver + self.database_url.removeprefix(plain)
        return self.database_url

    def masked(self) -> dict[str, Any]:
        """The effective settings, with secrets masked."""
        shown = self.model_dump(mode="json")
        return shown | {name: mask_url(shown[name]) for name in ("database_url", "nats_url")}


def mask_url(url: str) -> str:
    """An address without what lets people in: its user information and the values of its query."""
    scheme, slashes, rest = url.partition("://")
    place, question, query = rest.partition("?")
    who, at, where = place.rpartition("@")
    name, colon, _ = who.partition(":")
    # Without a password the name may be a token itself, as NATS has it.
    who = f"{name}:{MASK}" if colon else MASK
    values = "&".join(f"{part.partition('=')[0]}={MASK}" for part in query.split("&"))
    return f"{scheme}{slashes}{f'{who}@' if at else ''}{where}{f'?{values}' if question else ''}"


def read_settings(**overrides: Any) -> Settings:
    """The settings. Raises InvalidInput with the name of what is wrong."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = "MADOGUCHI_" + "__".join(str(part) for part in first["loc"]).upper()
        raise InvalidInput(f"The setting {name} is not usable: {first['msg'].lower()}.") from error
    except SettingsError as error:
        raise InvalidInput(f"A group of settings is given by itself but is not JSON: {error}.") from error
    except ValueError as error:
        raise InvalidInput(f"The settings file is not TOML or not UTF-8: {error}.") from error
    except OSError as error:
        raise InvalidInput(f"The settings file cannot be read: {error}.") from error
