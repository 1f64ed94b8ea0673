"""What every page must keep: safe under the content policy, and readable without eyes, mouse or scripts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
NAMED_BY_CONTENT = {"a", "button", "summary"}
EAST_ASIAN = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")
REFERENCES = ("aria-labelledby", "aria-describedby", "aria-controls")


@dataclass
class Element:
    """An element with the text inside it."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def above(self, tag: str) -> Element | None:
        """The nearest element of this tag around this one."""
        here = self.parent
        while here is not None and here.tag != tag:
            here = here.parent
        return here

    @property
    def language(self) -> str:
        """The language that a browser takes the text for."""
        here: Element | None = self
        while here is not None:
            if "lang" in here.attributes:
                return here.attributes["lang"]
            here = here.parent
        return ""


class Page(HTMLParser):
    """A parsed page: its elements in order, and its pieces of text with the element around each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = Element(tag="", attributes={}, parent=None)
        self.elements: list[Element] = []
        self.texts: list[tuple[str, Element]] = []
        self._here = self.root
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag=tag, attributes={name: value or "" for name, value in attrs}, parent=self._here)
        self._here.children.append(element)
        self.elements.append(element)
        if tag not in VOID:
            self._here = element

    def handle_endtag(self, tag: str) -> None:
        if self._here.tag != tag:
            raise AssertionError(f"</{tag}> closes <{self._here.tag}>")
        assert self._here.parent is not None
        self._here = self._here.parent

    def handle_data(self, data: str) -> None:
        if not data.strip():
            return
        self.texts.append((data, self._here))
        here: Element | None = self._here
        while here is not None:
            here.text += data
            here = here.parent

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements of this tag that have these attribute values (`aria_current` for `aria-current`)."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element.tag == tag
            and all(element.attributes.get(name) == value for name, value in wanted.items())
        ]

    def has_class(self, name: str) -> list[Element]:
        return [element for element in self.elements if name in element.attributes.get("class", "").split()]


def problems(html: str) -> list[str]:
    """Everything that is wrong with a page; empty when it is as it must be."""
    page = Page(html)
    return [
        *_inline_code(page),
        *_structure(page),
        *_names(page),
        *_references(page),
        *_languages(page),
        *_forms(page),
    ]


def _inline_code(page: Page) -> list[str]:
    found = []
    for element in page.elements:
        names = element.attributes
        if element.tag == "style" or "style" in names:
            found.append(f"<{element.tag}> carries inline style")
        if element.tag == "script" and "src" not in names:
            found.append("inline <script>")
        found += [f"<{element.tag} {name}> is an inline handler" for name in names if name.startswith("on")]
        if names.get("href", "").strip().lower().startswith("javascript:"):
            found.append("javascript: address")
    return found


def _structure(page: Page) -> list[str]:
    found = []
    for tag in ("html", "main", "h1", "title"):
        there = [element for element in page.all(tag) if not element.above("svg")]  # a drawing has titles too
        if len(there) != 1:
            found.append(f"{len(there)} × <{tag}>")
    levels = [int(element.tag[1]) for element in page.elements if re.fullmatch("h[1-6]", element.tag)]
    for before, after in zip(levels, levels[1:], strict=False):
        if after > before + 1:
            found.append(f"heading level jumps from {before} to {after}")
    ids = Counter(element.attributes["id"] for element in page.elements if "id" in element.attributes)
    found += [f"id {name} is used {count} times" for name, count in ids.items() if count > 1]
    return found


def _names(page: Page) -> list[str]:
    labelled = {element.attributes.get("for") for element in page.all("label")}
    found = []
    for element in page.elements:
        names = element.attributes
        named = bool(names.get("aria-label") or names.get("aria-labelledby"))
        if element.tag in NAMED_BY_CONTENT and not named and not element.text.strip():
            found.append(f"<{element.tag}> has no name")
        typed = element.tag in ("input", "select", "textarea") and names.get("type") not in (
            "hidden",
            "submit",
        )
        if typed and not (named or names.get("id") in labelled or element.above("label")):
            found.append(f"<{element.tag} name={names.get('name')}> has no label")
        if element.tag == "img" and "alt" not in names:
            found.append("<img> without alt")
    return found


def _references(page: Page) -> list[str]:
    ids = {element.attributes.get("id") for element in page.elements}
    found = []
    for element in page.elements:
        wanted = [
            word
            for name in REFERENCES
            for word in element.attributes.get(name, "").split()
            if word not in ids
        ]
        href = element.attributes.get("href", "")
        if href.startswith("#") and href[1:] not in ids:
            wanted.append(href[1:])
        if element.tag == "label" and element.attributes.get("for", next(iter(ids))) not in ids:
            wanted.append(element.attributes["for"])
        found += [f"<{element.tag}> points to #{name}, which is not there" for name in wanted]
    return found


def _languages(page: Page) -> list[str]:
    """Japanese or Chinese text must say so, or it is drawn and spoken as something else."""
    found = []
    for text, element in page.texts:
        known = element.language.startswith(("ja", "zh")) or element.tag == "title"
        if EAST_ASIAN.search(text) and not known:
            found.append(f"“{text.strip()}” is marked as {element.language or 'nothing'}")
    return found


def _forms(page: Page) -> list[str]:
    return [
        f"form to {form.attributes.get('action')} does not show the session's token"
        for form in page.all("form", method="post")
        if not any(
            field_.attributes.get("name") == "csrf_token" and field_.above("form") is form
            for field_ in page.all("input")
        )
    ]
