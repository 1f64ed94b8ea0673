"""The part of the demo story that happens in the chat: residents, the desk, a ticket machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import jiwer

from config.demo.life import Queue, machine_token, report
from config.demo.phone import Phone
from config.demo.stage import SPEECH, Stage
from config.demo.steps import check, short
from config.demo.visitors import Account
from core.clock import Clock

HEARD_WER = 0.2
SOFA = "Como jogo fora um sofá velho?"
INSURANCE = "Como faço para entrar no seguro de saúde da cidade?"
FOLLOW_UP = "e para minha esposa?"
NO_ARTICLE = "Posso usar a quadra de tênis da cidade no domingo?"
ANSWER = "はい、日曜日も使えます。料金は600円です。予約は045-000-1110に電話してください。"
VIOLENCE = "Meu marido me bate"
HOTLINE = "0120-279-889"
FORM = "oversized-garbage"
PICKUP = (
    {"say": "marcar lixo grande"},
    {"say": "sofá"},
    {"tap": ".enough"},
    {"say": "あおば市みどり町2-14-5"},
    {"tap": "area:midori"},
    {"tap": "date:20"},
    {"tap": "spot:house"},
    {"say": "090-0000-4321"},
    {"tap": "v=send"},
)
COUNTER = "civil-affairs"
TICKET = 45


class Chatting:
    """Steps that say what happened; each raises StepFailed, TimeoutError or RuntimeError if it did not."""

    def __init__(self, stage: Stage, http: aiohttp.ClientSession, clock: Clock) -> None:
        self._stage = stage
        self._http = http
        self._clock = clock
        self._maria: Phone | None = None

    async def _join(self, name: str, language: str) -> Phone:
        phone = await Phone.add(self._http, self._stage.simulator, name, language)
        await phone.join()
        return phone

    async def _clerk(self) -> Account:
        return await Account.log_in(self._stage.address, self._stage.people[0]["id"])

    async def article(self) -> str:
        """A question whose answer the city has written."""
        maria = self._maria = await self._join("Maria Souza", "pt-BR")
        await maria.write(SOFA)
        article = self._stage.service.city.articles[FORM, "pt-BR"]
        answer = await maria.wait_for(article.title)
        check(article.body.splitlines()[0] in answer, "The answer is not the article's text.")
        return f"{SOFA}\n→ {short(answer)}"

    async def follow_up(self) -> str:
        """Words that mean nothing without what was said before."""
        carlos = await self._join("Carlos Tanaka", "pt-BR")
        article = self._stage.service.city.articles["national-health-insurance", "pt-BR"]
        await carlos.write(INSURANCE)
        first = await carlos.wait_for_answer()
        check(article.title in first, f"It was answered with something else: {short(first)}")
        await carlos.write(FOLLOW_UP)
        said = await carlos.wait_for_answer()
        check(article.title in said, f"It was answered with something else: {short(said)}")
        return f"{INSURANCE}\n→ {short(first)}\n{FOLLOW_UP}\n→ {short(said)}"

    async def form(self) -> str:
        """A form from its first word to the receipt; a clerk settles it, and the resident is told."""
        check(self._maria is not None, "Nobody asked anything before.")
        assert self._maria is not None
        await self._maria.play(PICKUP)
        summary = await self._maria.wait_for("Sofá × 1")
        receipt = await self._maria.wait_for("número de protocolo é G00001")
        async with await self._clerk() as clerk:
            await clerk.settle(FORM, "confirmed")
        told = await self._maria.wait_for_push(after=receipt)
        check("G00001" in told, f"She was told something else: {short(told)}")
        return (
            f"{PICKUP[0]['say']}\n→ {short(summary)}\n→ {short(receipt)}\nsettled at the desk → {short(told)}"
        )

    async def urgent(self) -> str:
        """Violence at home: hotlines at once, from human text, and the top of the queue."""
        julia = await self._join("Júlia Santos", "pt-BR")
        await julia.write(VIOLENCE)
        said = await julia.wait_for(HOTLINE)
        async with await self._clerk() as clerk:
            request = await clerk.find_request("Júlia Santos")
        check(bool(request["urgent"]), "The request is not marked as urgent.")
        return f"{VIOLENCE}\n→ {short(said)}\nat the desk: urgent, for {request['department_name']}"

    async def counter(self) -> str:
        """Somebody waits for their number elsewhere; the machine calls one near it, and they are told."""
        bruno = await self._join("Bruno Costa", "pt-BR")
        counter = self._stage.service.counter.counters.counter(COUNTER)
        await bruno.write(f"minha senha é a {TICKET}")
        await bruno.tap(COUNTER)
        promised = await bruno.wait_for_answer()
        token = await machine_token(self._stage, counter)
        began = self._clock.monotonic()
        await report(
            self._http,
            self._stage,
            counter,
            token,
            Queue(called=TICKET - counter_near(self._stage), waiting=9),
        )
        told = await bruno.wait_for_push(after=promised)
        after_s = self._clock.monotonic() - began
        check(str(TICKET) in told, f"He was told something else: {short(told)}")
        return f"{short(promised, 90)}\nthe machine reports → after {after_s:.2f} s: {short(told)}"

    async def clerk(self) -> str:
        """A question that no article answers, by a person and back."""
        ana = await self._join("Ana Lima", "pt-BR")
        await ana.write(NO_ARTICLE)
        await ana.wait_for_answer()
        await ana.send({"type": "postback", "data": "do=person"})
        await ana.wait_for("número")
        async with await self._clerk() as clerk:
            request = await clerk.find_request("Ana Lima")
            asked = await clerk.japanese_of(request["id"])
            await clerk.press(request["id"], "claim")
            preview = await clerk.preview(request["id"], ANSWER)
            await clerk.press(request["id"], "answer", text=ANSWER, confirm="1" if preview["lost"] else "")
            delivered = await ana.wait_for(preview["text"])
            await clerk.press(request["id"], "close")
        lost = ", ".join(fact["text"] for fact in preview["lost"]) or "none"
        return (
            f"{NO_ARTICLE}\n→ {asked}\n← {ANSWER}\n→ {short(delivered)}\n"
            f"translated back: {preview['back']}\nfacts lost: {lost}"
        )

    async def voice(self) -> str:
        """A voice message, understood and answered."""
        john = await self._join("John Mercer", "en")
        await john.send_sample("voice-message.flac")
        heard = await john.wait_for("I heard")
        said = read(SPEECH / "voice-message.json")["text"]
        wer = word_error_rate(said, heard.split("“")[1].split("”")[0])
        check(wer <= HEARD_WER, f"The voice message was heard wrong (word error rate {wer:.2f}).")
        article = self._stage.service.city.articles[FORM, "en"]
        answer = await john.wait_for(article.title)
        return f"{heard}\n→ {short(answer)}"


def counter_near(stage: Stage) -> int:
    """How many numbers before theirs somebody is told."""
    return stage.service.counter.counters.options.near


def word_error_rate(reference: str, heard: str) -> float:
    """Word errors as a share of the reference, without case and punctuation."""
    plain = jiwer.Compose(
        [
            jiwer.ToLowerCase(),
            jiwer.RemovePunctuation(),
            jiwer.RemoveMultipleSpaces(),
            jiwer.Strip(),
            jiwer.ReduceToListOfListOfWords(),
        ]
    )
    return float(jiwer.wer(reference, heard, reference_transform=plain, hypothesis_transform=plain))


def read(path: Path) -> dict[str, Any]:
    """A JSON object from a file."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
