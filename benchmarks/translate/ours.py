"""Our own side, opened: a translator, with the city's glossary and with human translations in the memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from benchmarks.translate.bench import GLOSSARY, Bench
from benchmarks.translate.corpus import Line
from core.bus import LocalBus
from core.clock import SystemClock
from core.database import Database
from core.tasks import Tasks
from translation.assembly import build_translator
from translation.glossary import read_glossary
from translation.memory.model import Draft
from translation.memory.service import Memory
from translation.service import Translator


@asynccontextmanager
async def open_ours(
    bench: Bench, *, glossary: bool = False, memory: Memory | None = None
) -> AsyncIterator[Translator]:
    """Our translator with its default options, closed at the end."""
    words = read_glossary(GLOSSARY) if glossary else None
    translator = build_translator(bench.models, glossary=words, memory=memory)
    try:
        yield translator
    finally:
        await translator.close()


@asynccontextmanager
async def open_memory(bench: Bench, lines: Sequence[Line] = ()) -> AsyncIterator[Memory]:
    """A translation memory in the scratch folder that holds these lines, in both directions, as a person's work."""
    database, tasks = Database(f"sqlite+aiosqlite:///{bench.scratch / 'memory.db'}"), Tasks()
    async with AsyncExitStack() as stack:
        await database.open()
        stack.push_async_callback(database.close)
        await database.create_all()
        memory = Memory(database, LocalBus(), SystemClock(), tasks)
        await memory.open()
        stack.push_async_callback(tasks.close)
        stack.push_async_callback(memory.close)
        drafts = [draft for line in lines for draft in _drafts(line)]
        for at in range(0, len(drafts), memory.options.chunk):
            await memory.learn_many(drafts[at : at + memory.options.chunk])
        await memory.refresh()
        yield memory


def _drafts(line: Line) -> tuple[Draft, Draft]:
    there = Draft(
        source="ja",
        target="en",
        source_text=line.ja,
        target_text=line.en,
        author="benchmark",
        came_from="tmx:corpus",
    )
    return there, replace(there, source="en", target="ja", source_text=line.en, target_text=line.ja)
