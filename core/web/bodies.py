"""What programs send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from core.errors import InvalidInput


async def read_object(request: web.Request) -> Mapping[str, Any]:
    """The JSON object in the body. Raises InvalidInput."""
    try:
        body = json.loads(await request.text())
    except ValueError as error:  # also UnicodeDecodeError and JSONDecodeError
        raise InvalidInput("The body is not JSON in UTF-8.") from error
    if not isinstance(body, dict):
        raise InvalidInput("The body must be a JSON object.")
    return body
