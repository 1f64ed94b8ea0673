"""The visual language keeps its promises: contrast, both themes, glyphs for each language."""

from __future__ import annotations

import re

import pytest

from tests.core.page_renderer import STATIC

BASE = (STATIC["core"] / "base.css").read_text(encoding="utf-8")
SHEETS = sorted(path for folder in STATIC.values() for path in folder.glob("*.css"))
TEXT = 4.5  # WCAG 2.2, 1.4.3
SHAPE = 3.0  # WCAG 2.2, 1.4.11


def block(selector: str) -> dict[str, str]:
    """The custom properties set in every rule whose line begins with exactly this selector."""
    found: dict[str, str] = {}
    for body in re.findall(rf"(?m)^{re.escape(selector)} \{{([^}}]*)\}}", BASE):
        found |= dict(re.findall(r"--([\w-]+): ([^;]+);", body))
    return found


LIGHT = block(":root")
DARK = block(':root[data-theme="dark"]')
THEMES = {"light": LIGHT, "dark": LIGHT | DARK}


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


TEXT_PAIRS = [
    *[
        (ink, ground)
        for ink in ("ink", "ink-soft")
        for ground in ("paper", "surface", "sunken", "accent-wash")
    ],
    *[("ink", f"{state}-wash") for state in ("waiting", "urgent", "done")],
    *[(state, f"{state}-wash") for state in ("waiting", "urgent", "done")],
    *[
        (state, ground)
        for state in ("waiting", "urgent", "done")
        for ground in ("paper", "surface", "sunken")
    ],
    *[("accent", ground) for ground in ("paper", "surface", "accent-wash")],
    *[("accent-strong", ground) for ground in ("paper", "surface", "accent-wash")],
    ("accent-ink", "accent"),
    ("accent-ink", "accent-strong"),
    ("urgent-ink", "urgent"),
]
SHAPE_PAIRS = [
    *[("edge", ground) for ground in ("paper", "surface", "sunken")],
    *[("accent", ground) for ground in ("paper", "surface", "sunken")],
]


def test_black_on_white_has_the_known_contrast() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_contrast_is_enough(theme: str, ink: str, ground: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[ink], colours[ground]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("edge", "ground"), SHAPE_PAIRS)
def test_meaningful_borders_can_be_seen(theme: str, edge: str, ground: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[edge], colours[ground]) >= SHAPE


def test_chosen_dark_and_the_devices_dark_are_the_same() -> None:
    assert block('  :root:not([data-theme="light"])') == DARK


def test_dark_changes_every_colour_of_light() -> None:
    colours = {name for name, value in LIGHT.items() if value.startswith(("#", "rgb"))}
    assert colours - DARK.keys() == set()


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_every_custom_property_used_is_defined(sheet: object) -> None:
    text = sheet.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    used = set(re.findall(r"var\(--([\w-]+)", text))
    assert used - LIGHT.keys() == set()


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_colours_are_only_named_in_the_palette(sheet: object) -> None:
    text = sheet.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    rules = re.sub(r"(?s)@media print.*|/\*.*?\*/", "", text)
    outside = [
        line for line in rules.splitlines() if re.search(r"#[0-9a-f]{3,8}\b", line) and "--" not in line
    ]
    assert outside == []


@pytest.mark.parametrize(
    ("tag", "face"),
    [
        ("ja", "Noto Sans CJK JP"),
        ("zh-Hans", "Noto Sans CJK SC"),
        ("zh-Hant", "Noto Sans CJK TC"),
        ("ko", "Noto Sans CJK KR"),
        ("th", "Noto Sans Thai"),
        ("ne", "Noto Sans Devanagari"),
        ("hi", "Noto Sans Devanagari"),
        ("my", "Noto Sans Myanmar"),
        ("km", "Noto Sans Khmer"),
        ("bn", "Noto Sans Bengali"),
        ("si", "Noto Sans Sinhala"),
    ],
)
def test_each_script_has_its_own_faces(tag: str, face: str) -> None:
    rule = re.search(rf':where\([^)]*\[lang\|="{tag}"\][^)]*\)\s*\{{([^}}]*)\}}', BASE)
    assert rule is not None
    assert face in rule[1]


def test_japanese_faces_are_never_offered_to_chinese_readers() -> None:
    for rule in re.findall(r':where\(\[lang\|="zh[^{]*\{([^}]*)\}', BASE):
        assert re.search(r"\bJP\b|Hiragino|Yu Gothic|Meiryo", rule) is None


def test_movement_stops_for_those_who_ask() -> None:
    rule = re.search(r"prefers-reduced-motion: reduce\) \{(.*?)\n\}", BASE, re.S)
    assert rule is not None
    assert "animation: none !important" in rule[1]
    assert "transition: none !important" in rule[1]


def test_touch_targets_are_44_pixels() -> None:
    assert LIGHT["touch"].split()[0] == "2.75rem"
    for selector in (".button", ".input"):
        body = re.search(rf"(?m)^{re.escape(selector)} \{{([^}}]*)\}}", BASE)
        assert body is not None
        assert "min-height: var(--touch)" in body[1]
