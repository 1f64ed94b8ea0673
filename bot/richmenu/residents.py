"""Who has to be shown which menu."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import residents


async def reachable_by_language(connection: AsyncConnection) -> dict[str, list[str]]:
    """LINE user ids of everybody who has not blocked the account, by the language they use."""
    rows = await connection.execute(
        sa.select(
            residents.c.line_user_id,
            residents.c.profile_language,
            residents.c.conversation["language"].as_string().label("language"),
        ).where(residents.c.reachable)
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        if language := row.language or row.profile_language:
            found.setdefault(language, []).append(row.line_user_id)
    return found
