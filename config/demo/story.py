"""`madoguchi demo --once`: a story that is played on the real code paths over real HTTP.

Maria asks about her sofa, gets the city's article in Portuguese, and has the sofa collected. Carlos asks on without
saying about what. Júlia writes of violence at home: she reads where to call, and the desk has her first. Bruno is told
when his number comes near. Ana asks what no article answers; a clerk claims her question, answers in Japanese, and she
reads it in Portuguese. John speaks, and is understood. A school briefing is streamed at speaking speed while a viewer
reads in three languages and residents go on writing; an interpreter corrects a line and the viewer sees it. At last
the transcript is read back by somebody else's parser.

A step is ok only if what it says truly happened; the story goes on after a failed step as far as it can.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aiohttp
import click
import webvtt

from config.commands.shell import progress, say, settings
from config.demo.chatting import Chatting, read, word_error_rate
from config.demo.phone import Phone
from config.demo.speaker import speak
from config.demo.stage import HOST, SPEECH, Stage, set_stage
from config.demo.steps import StepFailed, StoryStep, check
from config.demo.visitors import Account, Viewer
from core.clock import Clock, SystemClock
from core.errors import AppError
from transcripts.audio import AudioLimits, decode, to_s16le

LANGUAGES = ("en", "ja", "pt-BR")
WEBHOOK_LIMIT_MS = 250.0
CAPTIONS_WER = 0.25
CORRECTION = "Bom dia a todos e sejam bem-vindos à Escola Primária Midori."


class Story:
    """Plays the steps in order and remembers what they came to."""

    def __init__(self, stage: Stage, http: aiohttp.ClientSession, clock: Clock) -> None:
        self._stage = stage
        self._http = http
        self._clock = clock
        self.steps: list[StoryStep] = []
        self.captions: dict[str, Any] = {"segments": 0, "languages": [], "wer": None}
        self._viewer = Viewer(http, f"{stage.address}/meetings/{stage.meeting_id}", LANGUAGES)
        self._webhook_ms: list[float] = []

    async def play(self) -> bool:
        """True if each step truly happened."""
        chat = Chatting(self._stage, self._http, self._clock)
        await self._step("a Portuguese question answered from an article", chat.article)
        await self._step("a follow-up understood from what was said before", chat.follow_up)
        await self._step("a form filled in by talking, from the first word to the receipt", chat.form)
        await self._step("violence at home: hotlines at once, and first at the desk", chat.urgent)
        await self._step("a number coming near at the counter, told on the phone", chat.counter)
        await self._step("a question without an article answered by a clerk", chat.clerk)
        await self._step("an English voice message understood", chat.voice)
        await self._step("a meeting captioned in three languages while people chat", self._meeting)
        await self._step("a correction seen by the viewer", self._correction)
        await self._step("the transcript read back by a WebVTT parser", self._transcript)
        return all(step.ok for step in self.steps)

    async def _step(self, name: str, play: Callable[[], Awaitable[str]]) -> None:
        started = self._clock.monotonic()
        try:
            detail, ok = await play(), True
        except (StepFailed, AppError, aiohttp.ClientError, TimeoutError, RuntimeError, KeyError) as error:
            detail, ok = f"{type(error).__name__}: {error}", False
        seconds = round(self._clock.monotonic() - started, 2)
        self.steps.append(StoryStep(name=name, ok=ok, seconds=seconds, detail=detail))

    async def _meeting(self) -> str:
        data = (SPEECH / "briefing.flac").read_bytes()
        pcm = to_s16le(await asyncio.to_thread(decode, data, limits=AudioLimits()))
        await self._viewer.open()
        chatting = asyncio.get_running_loop().create_task(self._chat_on(), name="demo residents")
        try:
            await speak(
                self._http,
                self._stage.address,
                self._stage.meeting_id,
                self._stage.sender_token,
                pcm,
                self._clock,
            )
        finally:
            chatting.cancel()
        stored = len(_captions(await self._cues("en")))
        segments = await self._viewer.wait_until_translated(max(1, stored))
        text = " ".join(self._viewer.text("en", seq) for seq in segments)
        reference = read(SPEECH / "briefing.json")["text"]
        wer = word_error_rate(reference, text)
        slowest = max(self._webhook_ms, default=0.0)
        self.captions = {"segments": len(segments), "languages": list(LANGUAGES), "wer": round(wer, 4)}
        check(wer <= CAPTIONS_WER, f"The captions have a word error rate of {wer:.2f}.")
        check(bool(self._webhook_ms), "No resident wrote during the meeting.")
        check(slowest <= WEBHOOK_LIMIT_MS, f"A webhook took {slowest:.0f} ms during the meeting.")
        lines = [
            f"{seq}. " + " / ".join(self._viewer.text(tag, seq) for tag in LANGUAGES) for seq in segments
        ]
        measured = (
            f"{len(pcm) / 32_000:.0f} s of speech, word error rate {wer:.3f}, "
            f"{len(self._webhook_ms)} webhooks during it, the slowest {slowest:.0f} ms"
        )
        return "\n".join([measured, *lines])

    async def _chat_on(self) -> None:
        """Residents write while the meeting runs."""
        lucas = await Phone.add(self._http, self._stage.simulator, "Lucas Prado", "pt-BR")
        while True:
            for question in ("Como tiro o lixo?", "Quero mudar de endereço", "Obrigado!"):
                self._webhook_ms.append(await lucas.send({"type": "text", "text": question}))
                await asyncio.sleep(1.5)

    async def _correction(self) -> str:
        interpreter = next(person for person in self._stage.people if person["role"] == "interpreter")
        async with await Account.log_in(self._stage.address, interpreter["id"]) as account:
            first = self._viewer.first()
            before = self._viewer.caption("pt-BR", first)
            await account.correct(self._stage.meeting_id, first, "pt-BR", CORRECTION, rev=before["rev"])
            after = await self._viewer.wait_for_revision("pt-BR", first, before["rev"] + 1)
        check(after["text"] == CORRECTION, "The viewer saw another text.")
        await self._viewer.close()
        return f"{before['text']}\n→ {after['text']} (revision {after['rev']}, {after['origin']})"

    async def _transcript(self) -> str:
        read = []
        for tag in LANGUAGES:
            cues = await self._cues(tag)
            captions = _captions(cues)
            check(len(captions) == self.captions["segments"] > 0, f"{tag}: {len(captions)} captions.")
            read.append(f"{tag}: {len(captions)} captions, {cues[0].start} “{captions[0]}”")
            if tag == "pt-BR":
                check(captions[0] == CORRECTION, "The correction is not in the transcript.")
        return "\n".join(read)

    async def _cues(self, language: str) -> Sequence[webvtt.Caption]:
        """The transcript as a parser of other people reads it."""
        url = f"{self._stage.address}/meetings/{self._stage.meeting_id}/transcript.vtt"
        async with self._http.get(url, params={"lang": language}) as answer:
            answer.raise_for_status()
            return list(webvtt.from_buffer(io.StringIO(await answer.text())).captions)


def _captions(cues: Sequence[webvtt.Caption]) -> list[str]:
    """The text of each caption: a long one is shown in several cues ("7", "7-2") of several lines."""
    texts: dict[str, list[str]] = {}
    for cue in cues:
        texts.setdefault(str(cue.identifier).partition("-")[0], []).extend(cue.lines)
    return [" ".join(lines) for lines in texts.values()]


async def play(*, as_json: bool) -> bool:
    """Set a stage in a folder of its own, play the story, print it. True if every step happened."""
    found = settings()
    found = found.model_copy(update={"http": found.http.model_copy(update={"host": HOST, "port": 0})})
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
        async with (
            set_stage(found, simulator_port=0, data_dir=Path(folder), progress=progress()) as stage,
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as http,
        ):
            story = Story(stage, http, clock)
            ok = await story.play()
    if as_json:
        say({"steps": [asdict(step) for step in story.steps], "captions": story.captions, "ok": ok})
    else:
        _print(story, ok)
    return ok


def _print(story: Story, ok: bool) -> None:
    for number, step in enumerate(story.steps, start=1):
        click.echo(f"{number}  {'ok    ' if step.ok else 'FAILED'} {step.seconds:>7.2f} s  {step.name}")
        for line in step.detail.splitlines():
            click.echo(f"        {line}")
    captions = story.captions
    click.echo(f"captions: {captions['segments']} segments, word error rate {captions['wer']}")
    click.echo("Every step happened." if ok else "Not every step happened.")
