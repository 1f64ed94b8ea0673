"""Logging in and out."""

from __future__ import annotations

from aiohttp import web
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from core.accounts import Accounts
from core.errors import NotAuthorised
from core.log import get_logger
from core.metrics import counter
from core.web.pages import render
from core.web.sessions import account, log_in, log_out

log = get_logger(__name__)

LOGINS = counter("logins", "Attempts to log in", ["result"])
LANDING = {"staff": "/desk", "interpreter": "/review", "admin": "/"}


class Login:
    """The login form. Guessing is slowed down per name and per address."""

    def __init__(
        self, accounts: Accounts, *, per_name: str = "10/5 minutes", per_address: str = "60/5 minutes"
    ) -> None:
        self._accounts = accounts
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_name = parse(per_name)
        self._per_address = parse(per_address)

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/login", self.form),
            web.post("/login", self.enter),
            web.post("/logout", self.leave),
        ]

    async def form(self, request: web.Request) -> web.StreamResponse:
        if here := account(request):
            raise web.HTTPSeeOther(_landing(request.query.get("next"), here.role))
        return await render(
            request, "core/login.html", next=_safe(request.query.get("next")), error=None, name=""
        )

    async def enter(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        name, password = str(form.get("name", ""))[:60], str(form.get("password", ""))
        target = _safe(str(form.get("next", "")))
        # The address first, so that names made up by one address do not fill the memory of the limiter.
        allowed = await self._limiter.hit(
            self._per_address, "address", request.remote or ""
        ) and await self._limiter.hit(self._per_name, "name", name)
        if not allowed:
            LOGINS.labels("limited").inc()
            return await self._again(request, 429, "login.limited", target, name)
        try:
            who = await self._accounts.check(name, password)
        except NotAuthorised:
            LOGINS.labels("refused").inc()
            log.info("login_refused")
            return await self._again(request, 403, "login.wrong", target, name)
        LOGINS.labels("accepted").inc()
        await log_in(request, who)
        raise web.HTTPSeeOther(_landing(target, who.role))

    async def _again(
        self, request: web.Request, status: int, error: str, target: str, name: str
    ) -> web.Response:
        return await render(request, "core/login.html", status=status, next=target, error=error, name=name)

    async def leave(self, request: web.Request) -> web.StreamResponse:
        await log_out(request)
        raise web.HTTPSeeOther("/login")


def _safe(target: str | None) -> str:
    """A path on this site, or nothing: a link must not send people elsewhere after they log in."""
    # Browsers read a backslash as a slash and skip control characters, so neither may be there at all.
    if target and target.startswith("/") and not target.startswith("//"):
        return target if target.isprintable() and "\\" not in target else ""
    return ""


def _landing(target: str | None, role: str) -> str:
    return _safe(target) or LANDING.get(role, "/")
