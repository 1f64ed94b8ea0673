"""Where a stream may be fetched from. Zoom's webhook names the server, and that names another; neither may lead this
machine to just anywhere."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.errors import InvalidInput

URL_LIMIT = 500  # characters


def check_server(url: str, hosts: tuple[str, ...], *, allow_local: bool = False) -> str:
    """The URL, if it is one of Zoom's servers: wss, a listed host ("*.zoom.us" is all below), no user information.

    `allow_local` is for the simulator: ws too. Raises InvalidInput.
    """
    refused = InvalidInput("The stream lies on a server that is not in ZOOM__RTMS_HOSTS.")
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise refused from error
    listed = any(
        host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed for allowed in hosts
    )
    schemes = ("wss", "ws") if allow_local else ("wss",)
    if (
        len(url) > URL_LIMIT
        or not url.isascii()
        or parts.scheme not in schemes
        or "@" in parts.netloc
        or not listed
    ):
        raise refused
    return url
