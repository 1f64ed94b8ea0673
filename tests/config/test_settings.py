"""Where settings come from, and what is said about wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings, mask_url, read_settings
from core.errors import InvalidInput


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults_need_nothing() -> None:
    found = read_settings()

    assert (found.http.host, found.http.port, found.line.api_base) == (
        "127.0.0.1",
        8080,
        "https://api.line.me",
    )
    assert found.city_dir.is_dir()


def test_stronger_sources_win(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "madoguchi.toml").write_text(
        '[http]\nhost = "toml"\nport = 1\nbody_limit = 1\nsession_idle_s = 1\n'
    )
    (folder / ".env").write_text("MADOGUCHI_HTTP__PORT=2\nMADOGUCHI_HTTP__BODY_LIMIT=2\n")
    monkeypatch.setenv("MADOGUCHI_HTTP__BODY_LIMIT", "3")

    http = read_settings().http

    assert (http.host, http.port, http.body_limit, http.session_idle_s) == ("toml", 2, 3, 1)


def test_named_file_replaces_the_usual_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "madoguchi.toml").write_text("[http]\nport = 1\n")
    (folder / "other.toml").write_text("[http]\nport = 2\n")
    monkeypatch.setenv("MADOGUCHI_CONFIG", str(folder / "other.toml"))

    assert read_settings().http.port == 2


def test_other_variables_of_the_environment_are_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("SOMETHING_ELSE=1\n")
    monkeypatch.setenv("HTTP__PORT", "1")

    assert read_settings().http.port == 8080


def test_settings_do_not_change() -> None:
    found = read_settings()

    with pytest.raises(ValueError, match="frozen"):
        found.http.port = 1


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "HTTP__PORT",
            "70000",
            "MADOGUCHI_HTTP__PORT is not usable: input should be less than or equal to 65535.",
        ),
        ("HTTP__PROT", "1", "MADOGUCHI_HTTP__PROT is not usable: extra inputs are not permitted."),
        ("LINE__TIMEOUT_S", "0", "MADOGUCHI_LINE__TIMEOUT_S is not usable: input should be greater than 0."),
        (
            "LOG__LEVEL",
            "LOUD",
            "MADOGUCHI_LOG__LEVEL is not usable: input should be 'debug', 'info', 'warning' or 'error'.",
        ),
        (
            "WORK__CHAT_CONCURRENCY",
            "0",
            "MADOGUCHI_WORK__CHAT_CONCURRENCY is not usable: input should be greater than or equal to 1.",
        ),
    ],
)
def test_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str) -> None:
    monkeypatch.setenv(f"MADOGUCHI_{name}", value)

    with pytest.raises(InvalidInput) as caught:
        read_settings()

    assert str(caught.value) == f"The setting {sentence}"


def test_group_that_is_not_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_HTTP", "port 80")

    with pytest.raises(
        InvalidInput, match='^A group of settings is given by itself but is not JSON: .*"http"'
    ):
        read_settings()


@pytest.mark.parametrize("content", [b"[http\nport = 1", b"\xff\xfe", b"port = = 2"])
def test_broken_file_is_refused(folder: Path, content: bytes) -> None:
    (folder / "madoguchi.toml").write_bytes(content)

    with pytest.raises(InvalidInput, match="^The settings file is not TOML or not UTF-8: "):
        read_settings()


def test_named_file_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_CONFIG", "nowhere.toml")

    with pytest.raises(
        InvalidInput, match="^There is no settings file “nowhere.toml”; check MADOGUCHI_CONFIG.$"
    ):
        read_settings()


def test_secret_in_a_wrong_value_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_LINE", '{"channel_secret": ["hush"]}')

    with pytest.raises(InvalidInput) as caught:
        read_settings()

    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("", "sqlite+aiosqlite:///var/madoguchi.db"),
        ("sqlite:////srv/city.db", "sqlite+aiosqlite:////srv/city.db"),
        ("postgresql://city@host/db", "postgresql+asyncpg://city@host/db"),
        ("postgresql+asyncpg://city@host/db", "postgresql+asyncpg://city@host/db"),
    ],
)
def test_database_gets_its_asynchronous_driver(given: str, used: str) -> None:
    assert read_settings(database_url=given).database == used


def test_folders_follow_the_data_folder_unless_they_are_set() -> None:
    plain = read_settings(data_dir=Path("/srv/city"))
    moved = read_settings(data_dir=Path("/srv/city"), models_dir=Path("/models"), cache_dir=Path("/cache"))

    assert (plain.models_folder, plain.cache_folder) == (Path("/srv/city/models"), Path("/srv/city/cache"))
    assert (moved.models_folder, moved.cache_folder) == (Path("/models"), Path("/cache"))


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("", ""),
        ("postgresql://host/db", "postgresql://host/db"),
        ("postgresql://city:hush@host:5432/db", "postgresql://city:**********@host:5432/db"),
        ("postgresql://city:hu@sh@host/db", "postgresql://city:**********@host/db"),
        (
            "postgresql://host/db?user=city&password=hush",
            "postgresql://host/db?user=**********&password=**********",
        ),
        ("nats://hush@host:4222", "nats://**********@host:4222"),
        ("sqlite:////srv/city.db", "sqlite:////srv/city.db"),
    ],
)
def test_address_is_shown_without_what_lets_people_in(url: str, masked: str) -> None:
    assert mask_url(url) == masked


def test_no_secret_is_shown() -> None:
    found = Settings(
        database_url="postgresql://city:hush-1@host/db",
        nats_url="nats://hush-2@host",
        line={  # type: ignore[arg-type]
            "channel_secret": "hush-3",
            "previous_channel_secret": "hush-4",
            "channel_access_token": "hush-5",
        },
    )

    assert "hush" not in str(found.masked())
    assert "hush" not in repr(found.line)
