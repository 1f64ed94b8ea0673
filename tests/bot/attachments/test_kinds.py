"""What a file is, by its first bytes."""

from __future__ import annotations

import pytest

from bot.attachments.kinds import ENDINGS, UNKNOWN, media_type, what


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0abc", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\nabc", "image/png"),
        (b"RIFF0000WEBPVP8 ", "image/webp"),
        (b"RIFF0000WAVEfmt ", "audio/wav"),
        (b"RIFF0000AVI LIST", UNKNOWN),
        (b"GIF89a...", "image/gif"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\x03\x04....", "application/zip"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"\x00\x00\x00\x18ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x1cftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x1cftypheic", UNKNOWN),
        (b"ID3\x03", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
        (b"fLaC", "audio/flac"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"<svg onload=alert(1)>", UNKNOWN),
        (b"<!doctype html><script>", UNKNOWN),
        (b"MZ\x90\x00", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_type_is_told_by_the_first_bytes(data: bytes, kind: str) -> None:
    assert media_type(data) == kind


def test_recording_in_a_container_for_films_is_a_recording() -> None:
    assert media_type(b"\x00\x00\x00\x18ftypmp42", sound=True) == "audio/mp4"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("image/png", "image"),
        ("audio/mp4", "audio"),
        ("video/mp4", "video"),
        ("application/pdf", "file"),
        (UNKNOWN, "file"),
        ("", "file"),
    ],
)
def test_type_decides_how_it_is_shown(kind: str, shown: str) -> None:
    assert what(kind) == shown


def test_nothing_that_a_browser_could_run_has_a_name_of_its_own() -> None:
    assert [kind for kind in ENDINGS if "html" in kind or "svg" in kind or "script" in kind] == []
