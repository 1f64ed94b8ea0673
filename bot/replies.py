"""What the dialogue decided, as LINE messages in the resident's language.

Everything shown is text from the city's files, in text fields of templates made here; nothing a resident or a
clerk writes can change the shape of a message. Limits are LINE's (Messaging API reference, "Message objects").
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import regex
from babel.core import UnknownLocaleError
from babel.dates import format_datetime

from bot.actions import Action, Say, ShowArticle, ShowCard, ShowPart, ShowTitles, Tell
from bot.city import Article, City, in_language
from bot.dialogue import PERSON_BUTTON, pressed
from bot.flex import actions_of, fits
from bot.model import Button, Card, Label
from bot.talk import Talk
from core.log import get_logger
from core.words import Words

log = get_logger(__name__)

LineMessage = dict[str, Any]

TEXT_UNITS = 5000  # UTF-16 code units of a text message
MESSAGES = 5  # message objects in one reply or push
QUICK_REPLIES = 13
LABEL_GRAPHEMES = 20  # of a quick reply; a button of a card may have 40
CARD_LABEL_GRAPHEMES = 40
DATA_UNITS = 300  # of what a button sends
ALT_TEXT = 400  # characters; LINE allows 1,500, but this is what a notification shows
ALT_UNITS = 1500  # UTF-16 code units, which emoji may have more of than characters
SENDER_NAME = 20

_GRAPHEME = regex.compile(r"\X")
# Where a sentence ends. A full stop within a number or an address is none.
_END = regex.compile(r"\n|[。！？।]|[.!?](?=\s)")
_WITHOUT_LINE = regex.compile(r"(?<!\p{L})LINE(?!\p{L})", regex.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message for LINE and the same words as plain text, for the conversation that staff see."""

    line: LineMessage
    text: str
    article: str = ""  # slug of the article that it shows


def with_sender(replies: Sequence[Reply], name: str) -> list[Reply]:
    """The messages under a name of their own ("Tax Division from Aoba City"). LINE refuses names with its own."""
    shown = sender_name(name)
    if not shown:
        return list(replies)
    return [replace(reply, line={**reply.line, "sender": {"name": shown}}) for reply in replies]


def sender_name(name: str) -> str:
    """As much of a name as LINE takes. Its reference does not say that this limit counts user-perceived characters,
    and the SDK counts code points, of which a Devanagari syllable has several: so the strictest count is kept."""
    plain = _WITHOUT_LINE.sub("", name).strip()
    if utf16_units(plain) <= SENDER_NAME:
        return plain
    kept = ""
    for cluster in _GRAPHEME.findall(plain):
        if utf16_units(kept + cluster) >= SENDER_NAME:
            break
        kept += cluster
    return kept.rstrip() + "…"


def utf16_units(text: str) -> int:
    """The length that LINE counts for text messages."""
    return len(text.encode("utf-16-le")) // 2


def cut_graphemes(text: str, limit: int) -> str:
    """At most `limit` user-perceived characters, with an ellipsis when something was cut."""
    clusters = _GRAPHEME.findall(text)
    return text if len(clusters) <= limit else "".join(clusters[: limit - 1]) + "…"


def split_text(text: str, limit: int = TEXT_UNITS) -> list[str]:
    """The text in pieces of at most `limit` UTF-16 units, cut after a line or a sentence where there is one, and
    never inside a user-perceived character that fits into a piece."""
    pieces: list[str] = []
    rest = text
    while utf16_units(rest) > limit:
        end, units, good = 0, 0, 0
        for cluster in _GRAPHEME.finditer(rest):
            units += utf16_units(cluster.group())
            if units > limit:
                break
            end = cluster.end()
            if units > limit // 2 and _END.match(rest, cluster.start()):
                good = end
        cut = good or end or _code_points_in(rest, limit)
        pieces.append(rest[:cut].rstrip("\n"))
        rest = rest[cut:].lstrip("\n")
    return [piece for piece in (*pieces, rest) if piece]


def _code_points_in(text: str, limit: int) -> int:
    """How many code points fit into `limit` units: where to cut a pile of accents that is one character longer than
    a message."""
    return len(text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore"))


def format_moment(moment: dt.datetime, language: str) -> str:
    """A weekday, date and time as a reader of `language` writes them, on the 24-hour clock that Japan uses."""
    patterns = {
        "ja": "M月d日(E) H:mm",
        "en": "EEEE, MMMM d, HH:mm",
        "pt": "EEEE, d 'de' MMMM, HH:mm",
        "zh": "M月d日(EEE) HH:mm",
        "ko": "M월 d일(E) HH:mm",
        "vi": "EEEE, 'ngày' d/M, HH:mm",
        "es": "EEEE d 'de' MMMM, HH:mm",
        "fil": "EEEE, MMMM d, HH:mm",
        "id": "EEEE, d MMMM, HH.mm",
        "ne": "MMMM d, EEEE, HH:mm",
    }
    base = language.split("-")[0]
    base = {"tl": "fil"}.get(base, base)  # as CLDR calls it
    try:
        return format_datetime(moment, patterns.get(base, "yyyy-MM-dd HH:mm"), locale=base)
    except UnknownLocaleError:
        return f"{moment:%Y-%m-%d %H:%M}"


class Renderer:
    """Turns actions into messages for one city."""

    def __init__(self, city: City, own_names: dict[str, str]) -> None:
        """`own_names` is language tag → the language's name in itself."""
        self._city = city
        self._own_names = own_names
        self._talk = Talk(city.talk, {})

    @property
    def _words(self) -> Words:
        return self._city.phrases

    def render(
        self,
        actions: Sequence[Action],
        language: str,
        *,
        values: Mapping[str, str] | None = None,
    ) -> list[Reply]:
        """The messages for `actions`, at most five, with the last one's quick replies. `values` fill placeholders
        ("number" is that of the request opened in the same step)."""
        known = {"number": "0", **(values or {})}
        replies: list[Reply] = []
        buttons: list[Button] = []
        for action in actions:
            match action:
                case Say():
                    replies += self._say(action, language, known)
                    buttons = list(action.buttons) or buttons
                case Tell():
                    filled = known | self._readable(dict(action.values), language)
                    replies += self.text(in_language(action.texts, language).format_map(filled))
                    buttons = list(action.buttons) or buttons
                case ShowCard():
                    replies.append(self._card(action.card, language, known))
                case ShowArticle():
                    replies += self._article(action.slug, language)
                    buttons = [PERSON_BUTTON]
                case ShowPart():
                    replies += self._part(action, language)
                    buttons = [self._whole(action.slug), PERSON_BUTTON]
                case ShowTitles():
                    intro, buttons = self._titles(action.slugs, language)
                    replies.append(intro)
        items = [self._quick_reply(button, language) for button in buttons if _sendable(button)]
        replies, kept = _as_line_takes_them(replies)
        items = [*kept, *items][:QUICK_REPLIES]
        if replies and items:
            replies[-1].line["quickReply"] = {"items": items}
        return replies

    def text(self, text: str, *, sender: str = "", quote_token: str = "") -> list[Reply]:
        """Plain text as messages; `quote_token` quotes the resident's message in the first."""
        replies = [Reply(line={"type": "text", "text": piece}, text=piece) for piece in split_text(text)]
        replies = with_sender(replies, sender)
        if replies and quote_token:
            replies[0].line["quoteToken"] = quote_token
        return replies

    def own_name(self, tag: str) -> str:
        """A language's name in itself."""
        return self._own_names.get(tag, tag)

    def phrase(self, key: str, language: str, /, **values: str) -> str:
        """A phrase with the city's name filled in."""
        known = {"city": self._city.name(language), **values}
        return self._words.get(language, key, **known)

    def _say(self, action: Say, language: str, known: Mapping[str, str]) -> list[Reply]:
        values = {**known, **self._readable(dict(action.values), language)}
        return self.text(self.phrase(action.phrase, language, **values))

    def _readable(self, values: dict[str, str], language: str) -> dict[str, str]:
        """The values as a reader of `language` writes them."""
        if "language" in values:
            values["language"] = self.own_name(values["language"])
        if "when" in values:
            values["when"] = format_moment(dt.datetime.fromisoformat(values["when"]), language)
        return values

    def _quick_reply(self, button: Button, language: str) -> LineMessage:
        return {"type": "action", "action": self._button_action(button, language, LABEL_GRAPHEMES)}

    def _button_action(self, button: Button, language: str, limit: int) -> LineMessage:
        label = cut_graphemes(self._label(button, language), limit)
        match button.kind:
            case "postback":
                return {"type": "postback", "label": label, "data": button.data, "displayText": label}
            case "location" | "camera":
                return {"type": button.kind, "label": label}
            case "uri":
                return {"type": "uri", "label": label, "uri": button.data}
            case mode:
                bounds = {"initial": button.initial, "min": button.least, "max": button.most}
                picker = {"type": "datetimepicker", "label": label, "data": button.data, "mode": mode}
                return picker | {name: value for name, value in bounds.items() if value}

    def _card(self, card: Card, language: str, known: Mapping[str, str]) -> Reply:
        title = self._words_of(card.title, language, known)
        rows = [
            (self._words_of(label, language, known), self._words_of(value, language, known))
            for label, value in card.rows
        ]
        note = self._words_of(card.note, language, known) if card.note else ""
        body: list[LineMessage] = [_text(title, weight="bold", size="lg", wrap=True)]
        for label, value in rows:
            body.append(_text(label, size="xs", color="#5c6b6b", wrap=True, margin="md"))
            body.append(_text(value or "–", wrap=True))
        if note:
            body.append(_text(note, size="sm", wrap=True, margin="lg"))
        buttons: list[LineMessage] = [
            {
                "type": "button",
                "style": "secondary",
                "height": "sm",
                "action": self._button_action(button, language, CARD_LABEL_GRAPHEMES),
            }
            for button in card.buttons
            if _sendable(button)
        ]
        lines = [title, "", *(f"{label}: {value}" for label, value in rows)]
        text = "\n".join([*lines, "", note] if note else lines)
        return Reply(line=_flex(text, _bubble(body, buttons)), text=text)

    def _words_of(self, label: Label, language: str, known: Mapping[str, str]) -> str:
        if label.texts is not None:
            return in_language(label.texts, language).format_map(known)
        return self.phrase(label.phrase, language, **known) if label.phrase else label.literal

    def _label(self, button: Button, language: str) -> str:
        if button.texts is not None:
            return in_language(button.texts, language)
        if not button.literal:
            return self.phrase(button.label, language)
        kind, _, value = button.label.partition(":")
        return self.own_name(value) if kind == "language" else button.label

    def _titles(self, slugs: Sequence[str], language: str) -> tuple[Reply, list[Button]]:
        articles = [article for slug in slugs if (article := self._city.article(slug, language))]
        intro = self.phrase("unsure.intro", language)
        card = _bubble(
            [_text(intro, wrap=True)],
            [
                _button(article.title, pressed("article", article.slug), shown=article.label)
                for article in articles
            ],
        )
        text = "\n".join([intro, *(f"・{article.title}" for article in articles)])
        quick = [Button(label="unsure.none", data=pressed("none")), PERSON_BUTTON]
        return Reply(line=_flex(text, card), text=text), quick

    def _article(self, slug: str, language: str) -> list[Reply]:
        article = self._city.article(slug, language)
        if article is None:
            return self.text(self.phrase("unknown.text", language))
        source = self.phrase(
            "answer.source",
            language,
            department=self._city.department(article.department, language),
            date=f"{article.updated:%Y-%m-%d}",
        )
        question = self.phrase("answer.right_question", language)
        card = _bubble(
            [
                _text(article.title, weight="bold", size="lg", wrap=True),
                *_paragraphs(article),
                {"type": "separator", "margin": "lg"},
                _text(source, size="xs", color="#5c6b6b", wrap=True, margin="md"),
                _text(question, size="sm", wrap=True, margin="lg"),
            ],
            [
                _button(self.phrase("answer.yes", language), pressed("right", slug)),
                _button(self.phrase("answer.no", language), pressed("wrong", slug)),
            ],
            horizontal=True,
        )
        text = f"{article.title}\n\n{article.body}\n\n{source}"
        made = [Reply(line=_flex(text, card), text=text, article=slug)]
        return with_sender(made, self._city.department(article.department, language))

    def _part(self, action: ShowPart, language: str) -> list[Reply]:
        """The lines of an article that a follow-up is about; else a word on what it is about, and all of it."""
        article = self._city.article(action.slug, language)
        if article is None:
            return self.text(self.phrase("unknown.text", language))
        lines = self._talk.lines_about(article.body, action.part, article.language) if action.part else ()
        if not lines:
            about = self.phrase("talk.same_topic", language, title=article.title)
            return [*self.text(about), *self._article(action.slug, language)]
        said = self.phrase("talk.part", language, title=article.title, text="\n".join(lines))
        return [replace(reply, article=action.slug) for reply in self.text(said)]

    def _whole(self, slug: str) -> Button:
        return Button(label="talk.whole_button", data=pressed("article", slug))


def _sendable(button: Button) -> bool:
    """Whether LINE takes what the button sends; one that it refuses would take the whole message with it."""
    if utf16_units(button.data) <= DATA_UNITS or button.kind == "uri":
        return True
    log.error("button_left_out", what_to_do=f"shorten what the button sends to {DATA_UNITS} characters")
    return False


def _as_line_takes_them(replies: Sequence[Reply]) -> tuple[list[Reply], list[LineMessage]]:
    """The messages, at most five, with plain text for every card that is too large, and its buttons as quick
    replies."""
    taken: list[Reply] = []
    items: list[LineMessage] = []
    for reply in replies:
        if reply.line["type"] != "flex" or fits(reply.line["contents"]):
            taken.append(reply)
            continue
        log.info("card_too_large", shown="text")
        taken += [
            replace(reply, line={"type": "text", "text": piece}, text=piece)
            for piece in split_text(reply.text)
        ]
        items += [
            {"type": "action", "action": {**action, "label": cut_graphemes(action["label"], LABEL_GRAPHEMES)}}
            for action in actions_of(reply.line["contents"])
            if action["type"] != "uri"
        ]
    return _at_most(taken, MESSAGES), items


def _at_most(replies: list[Reply], limit: int) -> list[Reply]:
    """LINE takes five messages at a time; what is over was said in too many words and is cut from the middle, so
    that the first (a warning) and the last (what to do next) are kept."""
    return replies if len(replies) <= limit else [*replies[: limit - 1], replies[-1]]


def _paragraphs(article: Article) -> list[LineMessage]:
    return [
        _text(paragraph.strip(), wrap=True, margin="md")
        for paragraph in article.body.split("\n\n")
        if paragraph.strip()
    ]


def _text(text: str, **style: object) -> LineMessage:
    return {"type": "text", "text": text, **style}


def _button(label: str, data: str, *, shown: str = "") -> LineMessage:
    """A button of a card. `shown` is what then appears as the resident's own words, instead of the label."""
    label = cut_graphemes(label, CARD_LABEL_GRAPHEMES)
    action = {"type": "postback", "label": label, "data": data, "displayText": shown or label}
    return {"type": "button", "style": "secondary", "height": "sm", "action": action}


def _bubble(body: list[LineMessage], buttons: list[LineMessage], *, horizontal: bool = False) -> LineMessage:
    bubble: LineMessage = {
        "type": "bubble",
        "body": {"type": "box", "layout": "vertical", "contents": body},
    }
    if buttons:
        bubble["footer"] = {
            "type": "box",
            "layout": "horizontal" if horizontal else "vertical",
            "spacing": "sm",
            "contents": buttons,
        }
    return bubble


def _flex(alt: str, contents: LineMessage) -> LineMessage:
    plain = "".join(char for char in alt if unicodedata.category(char) != "Cc" or char == "\n")
    shown = split_text(cut_graphemes(plain, ALT_TEXT), ALT_UNITS)[:1]
    return {"type": "flex", "altText": "".join(shown), "contents": contents}
