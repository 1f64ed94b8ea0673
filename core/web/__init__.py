"""Pages and their guards: sessions, CSRF, error answers, templates, static files, health and metrics.

A package of the house gives its routes as a list and its pages as templates; `make_app` puts them together. A
handler asks `require(request, "staff")` who is there, raises an error from `core.errors` when something is wrong,
and ends with `render(request, "package/page.html", …)`.
"""

from core.web.app import Site, health_routes, make_app
from core.web.bodies import read_object
from core.web.pages import render, render_string
from core.web.sessions import account, check_form_token, checks_form, csrf_token, require

__all__ = [
    "Site",
    "account",
    "check_form_token",
    "checks_form",
    "csrf_token",
    "health_routes",
    "make_app",
    "read_object",
    "render",
    "render_string",
    "require",
]
