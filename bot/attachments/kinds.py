"""What a file is, by its first bytes. Names and what the sender says are not asked.

Types that a browser shows or plays are named; everything else is an octet stream, which is only ever saved.
"""

from __future__ import annotations

UNKNOWN = "application/octet-stream"

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),  # also what office programs write
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_SOUND_BRANDS = (b"M4A ", b"M4B ")

ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
}


def media_type(data: bytes, *, sound: bool = False) -> str:
    """The type of a file. `sound`: the messenger calls it a recording, which tells apart what one container (MP4)
    may hold."""
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12], UNKNOWN)
    if data[4:8] == b"ftyp":
        return _in_mp4(data[8:12], sound=sound)
    return next((kind for start, kind in _STARTS if data.startswith(start)), UNKNOWN)


def _in_mp4(brand: bytes, *, sound: bool) -> str:
    if brand in (b"heic", b"heix", b"mif1", b"avif"):
        return UNKNOWN  # pictures that not every browser shows
    if sound or brand in _SOUND_BRANDS:
        return "audio/mp4"
    return "video/quicktime" if brand == b"qt  " else "video/mp4"


def what(kind: str) -> str:
    """How a type is shown: image, audio, video or file."""
    family = kind.partition("/")[0]
    return family if family in ("image", "audio", "video") else "file"
