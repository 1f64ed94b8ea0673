"""Renders pages as the service does, without a service: the same words, templates and static addresses."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import jinja2

from core.accounts import Account
from core.web.pages import static_url
from core.words import Words

ROOT = Path(__file__).parents[2]
STATIC = {"core": ROOT / "core/web/static", "bot": ROOT / "bot/static"}
TEMPLATES = [ROOT / "core/web/templates", ROOT / "bot/templates"]
WORDS = {"core": ROOT / "core/web/words", "bot": ROOT / "bot/words"}
FOLDERS = {  # of words: a package's own, and those of its features
    name: [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    for name, folder in WORDS.items()
}
OWN_NAMES = {"ja": "日本語", "en": "English", "pt-BR": "Português", "zh-Hans": "简体中文", "vi": "Tiếng Việt"}

CLERK = Account(id="a1", name="sato", role="staff", display_name="佐藤 花子", department="insurance")


class PageRenderer:
    """Templates with every name that `core.web.render` gives them; an unknown name is an error."""

    def __init__(self) -> None:
        self._words = Words(*chain.from_iterable(FOLDERS.values()))
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            undefined=jinja2.StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(
        self,
        template: str,
        *,
        language: str = "ja",
        account: Account | None = None,
        path: str = "/",
        **context: Any,
    ) -> str:
        """The page as the browser gets it."""

        def t(key: str, /, **values: object) -> str:
            return self._words.get(language, key, **values)

        return self._environment.get_template(template).render(
            t=t,
            page_language=language,
            account=account,
            csrf_token="token-of-this-session",
            city_name={"ja": "あおば市", "en": "Aoba City"}[language],
            own_name=lambda tag: OWN_NAMES.get(tag, tag),
            static=lambda name: static_url(STATIC, name),
            path=path,
            path_qs=path,
            **context,
        )
