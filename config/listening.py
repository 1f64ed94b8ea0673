"""Voice messages for the chat, heard by the meetings' recogniser.

`bot` and `transcripts` never see each other; this adapter, made at the top of the house, is what joins them.
"""

from __future__ import annotations

from core.errors import Unavailable
from transcripts.audio import AudioDecoder
from transcripts.offline import transcribe
from transcripts.recogniser import Recogniser


class RecogniserListener:
    """Fits `bot.service.Listener`."""

    def __init__(self, recogniser: Recogniser, decoder: AudioDecoder) -> None:
        self._recogniser = recogniser
        self._decoder = decoder

    @property
    def languages(self) -> frozenset[str]:
        return self._recogniser.languages

    async def hear(self, audio: bytes, *, language: str | None) -> str:
        """The words of a recording. Raises InvalidInput, TooLarge, Unavailable."""
        if language is None and len(self.languages) == 1:
            (language,) = self.languages
        if language is not None and language not in self.languages:
            raise Unavailable(f"The speech model does not hear {language}.")
        samples = await self._decoder.decode(audio)
        segments = await transcribe(samples, recogniser=self._recogniser, language=language)
        return " ".join(segment.text for segment in segments)
