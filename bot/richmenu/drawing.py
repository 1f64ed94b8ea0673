"""The menu's picture. Drawn twice as large and then halved, so that edges are smooth."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from bot.richmenu.fonts import Fonts
from bot.richmenu.layout import HEIGHT, WIDTH, Area, MenuWords, areas
from core.errors import TooLarge

SCALE = 2
MAX_BYTES = 1_000_000  # LINE's limit on the picture
LARGEST, SMALLEST = 84, 40  # pixels of the text
MARGIN = 48  # pixels between a cell's edge and its text

PAPER, INK, LINE_COLOUR = "#fbfaf7", "#1f2b2b", "#d9d5cb"
ACCENT, WASH, ALARM, ALARM_WASH = "#0d6b63", "#e0efec", "#a8461f", "#f8e7df"

Box = tuple[float, float, float, float]


class Pen:
    """Shapes in a square of 100 by 100 somewhere in the picture."""

    def __init__(self, draw: Any, x: float, y: float, side: float, colour: str) -> None:
        self._draw = draw
        self._x, self._y, self._unit = x, y, side / 100
        self.colour = colour

    def _at(self, points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
        return [(self._x + px * self._unit, self._y + py * self._unit) for px, py in points]

    def line(self, *points: tuple[float, float], width: float = 7) -> None:
        placed = self._at(points)
        self._draw.line(placed, fill=self.colour, width=round(width * self._unit), joint="curve")
        radius = width * self._unit / 2
        for px, py in (placed[0], placed[-1]):
            self._draw.ellipse((px - radius, py - radius, px + radius, py + radius), fill=self.colour)

    def box(self, box: Box, *, radius: float = 8, width: float = 7) -> None:
        corners = self._at(((box[0], box[1]), (box[2], box[3])))
        self._draw.rounded_rectangle(
            (*corners[0], *corners[1]),
            radius=radius * self._unit,
            outline=self.colour,
            width=round(width * self._unit),
        )

    def circle(self, x: float, y: float, radius: float, *, width: float = 7, full: bool = False) -> None:
        corners = self._at(((x - radius, y - radius), (x + radius, y + radius)))
        fill = self.colour if full else None
        self._draw.ellipse(
            (*corners[0], *corners[1]), outline=self.colour, fill=fill, width=round(width * self._unit)
        )

    def arc(self, box: Box, start: float, end: float, *, width: float = 7) -> None:
        corners = self._at(((box[0], box[1]), (box[2], box[3])))
        self._draw.arc(
            (*corners[0], *corners[1]), start, end, fill=self.colour, width=round(width * self._unit)
        )


def _ask(pen: Pen) -> None:
    pen.box((10, 14, 90, 70), radius=16)
    pen.line((30, 68), (26, 88), (48, 69))
    for x in (32, 50, 68):
        pen.circle(x, 42, 5, full=True)


def _garbage(pen: Pen) -> None:
    pen.line((14, 26), (86, 26))
    pen.line((38, 24), (40, 12), (60, 12), (62, 24))
    pen.line((23, 28), (29, 90), (71, 90), (77, 28))
    for x in (42, 58):
        pen.line((x, 42), (x, 76), width=6)


def _forms(pen: Pen) -> None:
    pen.box((20, 8, 80, 92), radius=8)
    for y in (30, 48):
        pen.line((34, y), (66, y), width=6)
    pen.line((34, 70), (44, 79), (66, 62))


def _shelters(pen: Pen) -> None:
    pen.line((10, 50), (50, 14), (90, 50))
    pen.line((22, 44), (22, 88), (78, 88), (78, 44))
    pen.line((50, 58), (50, 76))
    pen.line((41, 67), (59, 67))


def _requests(pen: Pen) -> None:
    for y in (24, 50, 76):
        pen.circle(20, y, 6, full=True)
        pen.line((38, y), (86, y))


def _person(pen: Pen) -> None:
    pen.circle(50, 32, 18)
    pen.arc((16, 58, 84, 126), 180, 360)


def _language(pen: Pen) -> None:
    pen.circle(50, 50, 38)
    pen.line((14, 50), (86, 50), width=6)
    pen.arc((32, 12, 68, 88), 90, 270, width=6)
    pen.arc((32, 12, 68, 88), 270, 90, width=6)


PICTURES: dict[str, Callable[[Pen], None]] = {
    "ask": _ask,
    "garbage": _garbage,
    "forms": _forms,
    "shelters": _shelters,
    "requests": _requests,
    "person": _person,
    "language": _language,
}


def draw_menu(said: MenuWords, fonts: Fonts) -> bytes:
    """The picture of a menu as PNG. Raises Unavailable where a font is missing. Slow: call it in a thread."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 -- only drawing needs it

    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
    draw = ImageDraw.Draw(image)
    for area in areas():
        _draw_area(draw, area, said, fonts)
    _draw_borders(draw)
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    # Few colours are used, so a palette keeps the picture far below LINE's limit.
    small.quantize(colors=64, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    if file.tell() > MAX_BYTES:
        raise TooLarge(f"The menu's picture may have {MAX_BYTES} bytes.")
    return file.getvalue()


def _draw_borders(draw: Any) -> None:
    for area in areas():
        left, top = area.x * SCALE, area.y * SCALE
        right, bottom = left + area.width * SCALE, top + area.height * SCALE
        draw.rectangle((left, top, right, bottom), outline=LINE_COLOUR, width=3 * SCALE)


def _draw_area(draw: Any, area: Area, said: MenuWords, fonts: Fonts) -> None:
    """The sign above the words, or beside them where the area is flat."""
    alarm = area.key == "shelters"
    colour, wash = (ALARM, ALARM_WASH) if alarm else (ACCENT, WASH)
    flat = area.height < 300
    disc = (150 if flat else 190) * SCALE
    left, top = float(area.x * SCALE), float(area.y * SCALE)
    width, height = area.width * SCALE, area.height * SCALE
    if flat:
        disc_x, disc_y = left + MARGIN * SCALE, top + (height - disc) / 2
        text: Box = (disc_x + disc + 32 * SCALE, top, left + width - 24 * SCALE, top + height)
    else:
        disc_x, disc_y = left + (width - disc) / 2, top + 50 * SCALE
        text = (left + MARGIN * SCALE, disc_y + disc, left + width - MARGIN * SCALE, top + height)
    draw.ellipse((disc_x, disc_y, disc_x + disc, disc_y + disc), fill=wash)
    inner = disc * 0.56
    PICTURES[area.key](Pen(draw, disc_x + (disc - inner) / 2, disc_y + (disc - inner) / 2, inner, colour))
    _write(draw, said.label(area.key), text, said.language, fonts, centred=not flat)


def _write(draw: Any, label: str, box: Box, language: str, fonts: Fonts, *, centred: bool) -> None:
    """The words as large as they fit."""
    width, height = box[2] - box[0], box[3] - box[1]
    for size in range(LARGEST, SMALLEST - 1, -2):
        font = fonts.load(language, size * SCALE)
        left, top, right, bottom = draw.multiline_textbbox((0, 0), label, font=font, spacing=8 * SCALE)
        if right - left <= width and bottom - top <= height - 24 * SCALE:
            break
    # Placed by the line's own middle, so that words with and without tall letters stand on one line.
    place = (box[0] + (width / 2 if centred else 0), box[1] + height / 2)
    draw.multiline_text(
        place,
        label,
        font=font,
        fill=INK,
        spacing=8 * SCALE,
        align="center" if centred else "left",
        anchor="mm" if centred else "lm",
    )
