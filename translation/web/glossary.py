"""`/glossary`: the city's terms, read only, and a box in which a sentence can be tried with them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from core.errors import AppError
from core.web.pages import PAGES, page_language
from translation.glossary import Term
from translation.languages import languages
from translation.web.site import LanguageSite
from translation.web.trials import Trial, make_trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a term is called in one language, and what it must not be called."""

    tag: str
    terms: tuple[str, ...]
    also: tuple[str, ...]
    forbidden: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A term as a row of the page, with a wording for each of the page's languages."""

    wordings: tuple[Wording, ...]
    note: str


class GlossaryPages:
    """`/glossary` and its try-it box."""

    def __init__(self, site: LanguageSite) -> None:
        self._site = site

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/glossary", self.show),
            web.post("/glossary/try", self.try_it),
        ]

    async def show(self, request: web.Request) -> web.StreamResponse:
        self._site.reader(request)
        return await self._page(request, source="ja", target="en", text="")

    async def try_it(self, request: web.Request) -> web.StreamResponse:
        """Translate what was typed, and show the page with it."""
        here = self._site.reader(request)
        form = await request.post()
        source, target = str(form.get("from", "")), str(form.get("to", ""))
        text = str(form.get("text", "")).replace("\r\n", "\n")
        typed: dict[str, Any] = {"source": source, "target": target, "text": text}
        try:
            made = await self._site.translate(here, text, source, target, page_language(request))
        except AppError as error:
            return await self._page(request, error=error, **typed)
        check = self._site.glossary.check(made.source_text, made.text, source, target)
        return await self._page(request, trial=_with_words(request, make_trial(made, check)), **typed)

    async def _page(
        self,
        request: web.Request,
        *,
        source: str,
        target: str,
        text: str,
        trial: Trial | None = None,
        error: AppError | None = None,
    ) -> web.Response:
        words = request.query.get("words", "").strip()[: self._site.options.words_limit]
        return await self._site.show(
            request,
            "translation/glossary.html",
            status=error.status if error else 200,
            trial=trial,
            error=self._site.refusal(request, error) if error else None,
            source=source,
            target=target,
            text=text,
            text_limit=self._site.options.text_limit,
            words=words,
            query=urlencode({"words": words}) if words else "",
            **self._pairs(),
            **_entries(self._site.glossary.terms, words, _first(request), self._site.options.page_rows),
        )

    def _pairs(self) -> dict[str, list[str]]:
        """The languages from which, and into which, something leads."""
        can, tags = self._site.translator.can, list(languages())
        sources = [tag for tag in tags if any(can(tag, other) for other in tags if other != tag)]
        targets = [tag for tag in tags if any(can(other, tag) for other in sources if other != tag)]
        return {"sources": sources, "targets": targets}


def _with_words(request: web.Request, trial: Trial) -> Trial:
    """The trial with flags that the page has words for."""
    known = request.app[PAGES].words.keys("ja")
    flags = [flag if f"try.flag.{flag}" in known else "other" for flag in trial.flags]
    return replace(trial, flags=tuple(dict.fromkeys(flags)))


def _first(request: web.Request) -> int:
    """How many of the terms found stand on earlier pages."""
    number = request.query.get("after", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0


def _entries(terms: Sequence[Term], words: str, first: int, rows: int) -> dict[str, Any]:
    """A page of the terms that have all words somewhere, and the languages that the glossary has."""
    used = {tag for term in terms for tag in (*term.wordings, *term.also, *term.forbidden)}
    tags = [tag for tag in languages() if tag in used]
    wanted = _fold(words).split()
    found = [term for term in terms if _has(term, wanted)]
    first = first if first < len(found) else 0
    shown = found[first : first + rows]
    return {
        "tags": tags,
        "count": len(found),
        "entries": [_entry(term, tags) for term in shown],
        "after": first,
        "next": first + rows if first + rows < len(found) else 0,
    }


def _entry(term: Term, tags: Sequence[str]) -> Entry:
    return Entry(
        wordings=tuple(
            Wording(
                tag=tag,
                terms=term.wordings.get(tag, ()),
                also=term.also.get(tag, ()),
                forbidden=term.forbidden.get(tag, ()),
            )
            for tag in tags
        ),
        note=term.note,
    )


def _has(term: Term, wanted: Sequence[str]) -> bool:
    everything = (*term.wordings.values(), *term.also.values(), *term.forbidden.values(), (term.note,))
    text = _fold("\n".join(one for wordings in everything for one in wordings))
    return all(word in text for word in wanted)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
