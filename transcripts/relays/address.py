"""Where captions may be sent to: a URL that somebody pasted must not make this machine call just anything.

Only listed hosts, the receiver's own path, https, no user information, no other port. Names that lead to private or
local addresses are refused when connecting (OWASP SSRF prevention), and redirects are never followed. For a simulator,
plain http and local addresses can be allowed; the host must still be listed.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from core.errors import InvalidInput
from transcripts.relays.model import CaptionUrl

URL_LIMIT = 2000  # characters
SHOWN_END = 4  # characters of a secret URL that people may see, to tell two apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a receiver's URLs look like."""

    name: str  # of the receiver, for people
    hosts: tuple[str, ...]  # "*.zoom.us" stands for every name below zoom.us
    path: str
    needs: tuple[str, ...] = ()  # names that the query must have
    refuses: tuple[str, ...] = ()  # names that we add ourselves
    allow_local: bool = False  # http, any port and local addresses, for simulators
    lift_http: bool = False  # the receiver hands out http URLs; they are used as https


def check_url(text: str, place: Place) -> CaptionUrl:
    """The URL, if captions may be sent there. Raises InvalidInput; the sentence does not repeat the URL."""
    text = text.strip()
    if not text or len(text) > URL_LIMIT or not text.isascii() or any(sign.isspace() for sign in text):
        raise _refused(place, "Copy the whole address once more.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _refused(place, "Copy the whole address once more.") from error
    if parts.scheme == "http" and place.lift_http and not place.allow_local:
        parts, text = parts._replace(scheme="https"), "https" + text.removeprefix("http")
    _check_place(parts, port, place)
    names = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if set(place.needs) - names or set(place.refuses) & names or parts.fragment:
        raise _refused(place, "Copy the whole address once more, and nothing that was added to it.")
    return CaptionUrl(text)


def _check_place(parts: SplitResult, port: int | None, place: Place) -> None:
    host = (parts.hostname or "").lower()
    if not any(_fits(host, allowed.lower()) for allowed in place.hosts):
        raise _refused(place, "Its host is not one that captions may be sent to.")
    if parts.path != place.path or "@" in parts.netloc:
        raise _refused(place, "Copy the whole address once more.")
    if not place.allow_local and (parts.scheme != "https" or port not in (None, 443)):
        raise _refused(place, "It must begin with https.")
    if parts.scheme not in ("http", "https"):
        raise _refused(place, "It must begin with https.")


def _refused(place: Place, what: str) -> InvalidInput:
    return InvalidInput(f"This is not a caption address of {place.name}. {what}", key="relays.wrong_url")


def _fits(host: str, allowed: str) -> bool:
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed


def masked(url: CaptionUrl | None) -> str:
    """What people may see of the URL: the host and its last characters; empty when there is none."""
    if url is None:
        return ""
    return f"{urlsplit(url.text).hostname} … {url.text[-SHOWN_END:]}"


def is_public(address: str) -> bool:
    """Whether an IP address lies in the public internet, also when it is IPv4 inside IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_global and not found.is_multicast


class ForbiddenAddress(OSError):
    """The name leads to an address that captions must not be sent to."""


class PublicResolver(AbstractResolver):
    """Looks names up and refuses those that lead anywhere but into the public internet.

    The connection is made to exactly the addresses given here, so a name cannot change its mind in between.
    """

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if not found or not all(is_public(one["host"]) for one in found):
            raise ForbiddenAddress("the name leads to a local address")
        return found

    async def close(self) -> None:
        await self._inner.close()
