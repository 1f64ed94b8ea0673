"""Whether the pages that articles link to are there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from urllib.parse import urlsplit

import aiohttp

from bot.city import Article
from bot.knowledge.checking import CheckRules, Problem, links

TIMEOUT_S = 10.0
AT_ONCE = 4  # requests at a time, so as not to burden the city's web server


async def broken_links(
    articles: Iterable[Article], rules: CheckRules, *, timeout_s: float = TIMEOUT_S
) -> list[Problem]:
    """Pages that do not answer a HEAD request with success. Only listed hosts are asked."""
    articles = list(articles)
    gate = asyncio.Semaphore(AT_ONCE)
    wanted = [link for link in links(articles) if urlsplit(link).hostname in rules.hosts]
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        answers = await asyncio.gather(*(_look(session, gate, link) for link in wanted))
    wrong = {link: answer for link, answer in zip(wanted, answers, strict=True) if answer}
    return [
        Problem(kind="link", slug=article.slug, language=article.language, text=f"{link} {wrong[link]}")
        for article in sorted(articles, key=lambda one: (one.slug, one.language))
        for link in links([article])
        if link in wrong
    ]


async def _look(session: aiohttp.ClientSession, gate: asyncio.Semaphore, link: str) -> str:
    """What is wrong with a page, or nothing."""
    async with gate:
        try:
            async with session.head(link, allow_redirects=True) as answer:
                return f"answers {answer.status}" if answer.status >= 400 else ""
        except (aiohttp.ClientError, TimeoutError):
            return "does not answer"
