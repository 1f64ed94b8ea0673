"""LINE's limits on cards (Messaging API reference, "Flex Message")."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

BUBBLE_BYTES = 30_000  # of JSON; LINE's "30 KB", read strictly
CAROUSEL_BYTES = 50_000
BUBBLES = 12


def fits(contents: dict[str, Any]) -> bool:
    """Whether LINE would take a card of this size."""
    size = len(json.dumps(contents, ensure_ascii=False).encode())
    if contents["type"] != "carousel":
        return size <= BUBBLE_BYTES
    bubbles = contents["contents"]
    return size <= CAROUSEL_BYTES and len(bubbles) <= BUBBLES and all(fits(bubble) for bubble in bubbles)


def actions_of(node: Any) -> Iterator[dict[str, Any]]:
    """What the buttons of a card do, in their order."""
    if isinstance(node, list):
        for child in node:
            yield from actions_of(child)
    elif isinstance(node, dict):
        if node.get("type") == "button":
            yield node["action"]
        for child in node.values():
            if isinstance(child, (dict, list)):
                yield from actions_of(child)
