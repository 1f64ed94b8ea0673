"""What is said at once in danger."""

from __future__ import annotations

from bot.actions import Say


def emergency_words(topic: str) -> Say:
    """The number to call and the Japanese sentence to say, for the kind of emergency where it is known."""
    return Say(phrase=f"safety.emergency.{topic}" if topic else "emergency.text")


def urgent_words(topic: str) -> Say:
    """Calm words and the hotlines for the topic."""
    return Say(phrase=f"safety.urgent.{topic}" if topic else "urgent.text")
