"""Who is logged in.

The cookie carries a random token and nothing else; what it stands for is a row here, so a session can be ended
from the server at once (OWASP ASVS 5.0, 7.2 to 7.4). The token changes at login. A session ends after a time
without use and, however busy, after a working day. Every request that changes something must show the session's
CSRF token.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp_session
import sqlalchemy as sa
from aiohttp import web
from aiohttp.typedefs import Handler

from core.accounts import Account, Accounts
from core.clock import Clock
from core.database import Database, UtcDateTime, metadata
from core.errors import NotAuthorised
from core.ids import digest, new_secret
from core.metrics import counter

ACCOUNT_KEY: web.RequestKey[Account | None] = web.RequestKey("account", object)  # type: ignore[arg-type]
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

CSRF_REFUSED = counter("csrf_refused", "Requests refused because they did not show the session's token")

sessions_table = sa.Table(
    "web_sessions",
    metadata,
    sa.Column(
        "digest", sa.String(64), primary_key=True
    ),  # SHA-256 of the token: the row cannot be used to log in
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """How long a session lives and how its cookie is sent."""

    idle_s: int = 2 * 3600  # seconds without use until the session ends
    absolute_s: int = 10 * 3600  # seconds until it ends in any case: an office day
    secure: bool = True  # send the cookie over TLS only; False for a demo on plain HTTP


class DatabaseStorage(aiohttp_session.AbstractStorage):
    """Sessions of aiohttp-session, kept in the database."""

    def __init__(self, database: Database, clock: Clock, options: SessionOptions) -> None:
        # The prefix binds the cookie to this host and to TLS (RFC 6265bis, 4.1.3.2).
        name = "__Host-madoguchi" if options.secure else "madoguchi"
        super().__init__(
            cookie_name=name, max_age=None, secure=options.secure, httponly=True, samesite="Lax", path="/"
        )
        self._database = database
        self._clock = clock
        self._options = options

    async def load_session(self, request: web.Request) -> aiohttp_session.Session:
        token = self.load_cookie(request)
        row = await self._find(token) if token else None
        if row is None:
            return aiohttp_session.Session(None, data=None, new=True, max_age=self.max_age)
        content: Any = {"created": int(row.created_at.timestamp()), "session": row.data}
        return aiohttp_session.Session(token, data=content, new=False, max_age=self.max_age)

    async def _find(self, token: str) -> Any:
        now = self._clock.now()
        oldest_use = now - dt.timedelta(seconds=self._options.idle_s)
        oldest_login = now - dt.timedelta(seconds=self._options.absolute_s)
        table = sessions_table
        async with self._database.read() as connection:
            row = (
                await connection.execute(
                    sa.select(table).where(
                        table.c.digest == digest(token),
                        table.c.seen_at > oldest_use,
                        table.c.created_at > oldest_login,
                    )
                )
            ).one_or_none()
        # One write a minute is enough to know that somebody is there.
        if row is not None and (now - row.seen_at).total_seconds() > 60:
            async with self._database.write() as connection:
                await connection.execute(
                    table.update().where(table.c.digest == row.digest).values(seen_at=now)
                )
        return row

    async def save_session(
        self, request: web.Request, response: web.StreamResponse, session: aiohttp_session.Session
    ) -> None:
        old = self.load_cookie(request)
        if session.empty:
            if old:
                await self.end(old)
                response.del_cookie(self.cookie_name, path="/")
            return
        now = self._clock.now()
        token = session.identity or new_secret()
        async with self._database.write() as connection:
            if session.new:
                if old:
                    await connection.execute(
                        sessions_table.delete().where(sessions_table.c.digest == digest(old))
                    )
                await connection.execute(
                    sessions_table.insert().values(
                        digest=digest(token), data=dict(session), created_at=now, seen_at=now
                    )
                )
            else:
                await connection.execute(
                    sessions_table.update()
                    .where(sessions_table.c.digest == digest(token))
                    .values(data=dict(session), seen_at=now)
                )
        self.save_cookie(response, token)

    async def end(self, token: str) -> None:
        """End the session that `token` stands for."""
        async with self._database.write() as connection:
            await connection.execute(sessions_table.delete().where(sessions_table.c.digest == digest(token)))

    async def forget(self) -> None:
        """Delete sessions that have ended by age."""
        now = self._clock.now()
        table = sessions_table
        async with self._database.write() as connection:
            await connection.execute(
                table.delete().where(
                    sa.or_(
                        table.c.seen_at < now - dt.timedelta(seconds=self._options.idle_s),
                        table.c.created_at < now - dt.timedelta(seconds=self._options.absolute_s),
                    )
                )
            )


async def end_sessions(database: Database, account_id: str) -> int:
    """End every session of an account, as after a change of its password (OWASP ASVS 5.0, 7.4.3). Gives how many."""
    async with database.write() as connection:
        result = await connection.execute(
            sessions_table.delete().where(sessions_table.c.data["account"].as_string() == account_id)
        )
    return int(result.rowcount)


def account(request: web.Request) -> Account | None:
    """Who is logged in, or None."""
    return request.get(ACCOUNT_KEY)


def require(request: web.Request, *roles: str) -> Account:
    """The logged-in account if it has one of `roles`; an admin may do everything. Raises NotAuthorised."""
    here = account(request)
    if here is None:
        raise NotAuthorised("Please log in first.")
    if here.role != "admin" and here.role not in roles:
        raise NotAuthorised("Your account may not do this; ask an administrator.")
    return here


async def csrf_token(request: web.Request) -> str:
    """The token that forms and scripts of this session must send back; empty when nobody is logged in."""
    session = await aiohttp_session.get_session(request)
    return str(session.get("csrf", ""))


async def log_in(request: web.Request, who: Account) -> None:
    """Begin a new session for `who`, with a new token."""
    session = await aiohttp_session.new_session(request)
    session["account"] = who.id
    session["csrf"] = new_secret()


async def log_out(request: web.Request) -> None:
    """End this session."""
    (await aiohttp_session.get_session(request)).invalidate()


def session_middleware(accounts: Accounts, *, exempt: frozenset[str]) -> Any:
    """Find out who is there, and refuse changes that do not show the CSRF token.

    `exempt` are paths with a protection of their own (a signature) that no browser session may use.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in exempt or request.path.startswith("/static/"):
            return await handler(request)
        session = await aiohttp_session.get_session(request)
        account_id = session.get("account")
        request[ACCOUNT_KEY] = await accounts.get(str(account_id)) if account_id else None
        if request.method not in SAFE_METHODS:
            await _check_origin(request, str(session.get("csrf", "")))
        return await handler(request)

    return middleware


Method = TypeVar("Method", bound=Callable[..., Any])


def checks_form(handler: Method) -> Method:
    """Marks a handler that takes a multipart form too large to be read in advance: it reads the form piece by piece
    and must call `check_form_token` before it does anything else."""
    handler.checks_form = True  # type: ignore[attr-defined]
    return handler


async def check_form_token(request: web.Request, shown: str) -> None:
    """Refuse a form that does not show the session's CSRF token. Raises NotAuthorised."""
    if not hmac.compare_digest(shown.encode(), (await csrf_token(request)).encode()):
        raise _refused()


def _refused() -> NotAuthorised:
    CSRF_REFUSED.inc()
    return NotAuthorised(
        "This page is too old to be sent; load it again. Your text is still there if you go back."
    )


async def _check_origin(request: web.Request, expected: str) -> None:
    # Where nobody is logged in (the login form itself) the browser's own word on the origin must do.
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    foreign = site in ("cross-site", "same-site") or (
        site is None and origin is not None and urlsplit(origin).netloc != request.host
    )
    shown = request.headers.get(CSRF_HEADER, "")
    if (
        not shown
        and not foreign
        and request.content_type == "multipart/form-data"
        and getattr(request.match_info.handler, "checks_form", False)
    ):
        return
    if (
        expected
        and not shown
        and request.content_type
        in (
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        )
    ):
        shown = str((await request.post()).get(CSRF_FIELD, ""))
    if foreign or (expected and not hmac.compare_digest(shown.encode(), expected.encode())):
        raise _refused()
