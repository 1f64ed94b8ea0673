"""Structured logs without personal text.

Every record has an `action` (a stable word for machines) and whatever ids help to follow it. Message text,
user ids and tokens do not belong in a log; `drop_personal` removes the usual keys should one slip in.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Keys that would carry what residents say or who they are. A record that has one loses the value, not the event.
PERSONAL_KEYS = frozenset(
    {
        "text",
        "body",
        "message",
        "user_id",
        "line_user_id",
        "display_name",
        "token",
        "reply_token",
        "secret",
        "password",
        "url",
    }
)


def drop_personal(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor that blanks personal values."""
    for key in PERSONAL_KEYS & event.keys():
        event[key] = "(removed)"
    return event


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module: `log = get_logger(__name__)`, then `log.info("claimed", request_id=…)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def set_up(*, level: str = "INFO", json: bool = False) -> None:
    """Send logs to stderr, as JSON lines or for reading. Call once, from the command line."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            pad_event_to=0,
            # Other formatters print local variables, and those hold what people wrote.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        drop_personal,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # aiohttp's access log would print paths with secrets in their queries; our own middleware counts requests.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # At DEBUG the driver prints every value that is stored: what people wrote, and secrets.
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
