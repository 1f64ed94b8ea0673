"""Alembic's entry: runs revisions on the connection that `config.migrations.runner` hands over."""

from __future__ import annotations

from alembic import context

from bot import store as chat
from bot.counter import store as counters
from bot.disaster import notices as disaster_notices
from bot.disaster import store as disasters
from bot.forms import store as forms
from bot.knowledge import feedback
from bot.privacy import store as privacy
from core import accounts, jobs
from core.database import metadata
from core.web import sessions
from transcripts import store as captions
from translation.memory import store as memory

# Importing a store registers its tables; naming them here keeps the imports.
STORES = (
    accounts,
    jobs,
    sessions,
    chat,
    counters,
    disaster_notices,
    disasters,
    forms,
    feedback,
    privacy,
    captions,
    memory,
)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
