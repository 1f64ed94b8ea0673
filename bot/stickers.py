"""What a sticker says. LINE gives English keywords with many of them (an experimental property, so it may be empty)."""

from __future__ import annotations

from collections.abc import Sequence

# Mood → keywords. In this order: a crying face that says sorry is sorry.
MOODS = {
    "thanks": {"thank", "thanks", "thank you", "thankful", "grateful", "appreciate", "appreciation", "gratitude"},
    "sorry": {"sorry", "apologize", "apology", "my bad", "forgive"},
    "bye": {"bye", "goodbye", "good night", "goodnight", "see you", "sleep", "sleepy", "take care"},
    "hello": {"hello", "hi", "hey", "greeting", "good morning", "morning", "nice to meet you", "wave"},
    "sad": {
        "sad", "cry", "crying", "tears", "depressed", "lonely", "upset", "worried", "anxious", "troubled",
        "in trouble", "help", "scared", "afraid", "sick", "ill", "pain", "tired", "exhausted", "shock",
    },
    "angry": {"angry", "mad", "anger", "furious", "annoyed", "hate", "no", "bad"},
    "ok": {"ok", "okay", "yes", "agree", "roger", "understood", "got it", "sure", "thumbs up", "good", "nice"},
    "happy": {
        "happy", "love", "heart", "smile", "laugh", "lol", "joy", "fun", "excited", "great", "congratulations",
        "congrats", "celebrate", "yay", "hooray", "cute", "like", "wow",
    },
}  # fmt: skip


def mood(keywords: Sequence[str]) -> str:
    """The mood that most of a sticker's keywords name; empty if none does."""
    said = [keyword.casefold().strip() for keyword in keywords]
    counted = {name: sum(word in words for word in said) for name, words in MOODS.items()}
    best = max(counted, key=lambda name: counted[name])
    return best if counted[best] else ""
