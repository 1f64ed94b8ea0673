"""What the desk shows, as data: every state of the page without a database behind it."""

from __future__ import annotations

import datetime as dt
from typing import Any

JAPAN = dt.timezone(dt.timedelta(hours=9))


def at(clock: str) -> dt.datetime:
    """A time of the sample day in the city's time zone."""
    hour, minute = clock.split(":")
    return dt.datetime(2027, 1, 18, int(hour), int(minute), tzinfo=JAPAN)


def row(**changes: Any) -> dict[str, Any]:
    """A request in the queue."""
    return {
        "id": "r2",
        "number": 42,
        "name": "Maria S.",
        "language": "pt-BR",
        "language_name": "ポルトガル語",
        "since": at("10:42"),
        "urgent": False,
        "department_name": "保険年金課",
        "excerpt": "保険料の請求書が2回届きました。18,600円を二度払う必要がありますか。",
        "state": "open",
        "claimed_by_name": "",
    } | changes


def message(**changes: Any) -> dict[str, Any]:
    """A message of a conversation."""
    return {
        "direction": "resident",
        "kind": "text",
        "text": "",
        "language": "ja",
        "japanese": None,
        "route": [],
        "maker": "unchanged",
        "confidence": None,
        "flags": [],
        "facts": [],
        "lost": [],
        "at": at("10:42"),
        "state": "received",
        "author": "",
        "attachment": None,
    } | changes


def fact(kind: str, text: str, value: str, twin: str = "") -> dict[str, str]:
    """A fact; `twin` is how it stands in the other language, where that is known."""
    return {"kind": kind, "text": text, "value": value, "twin": twin}


PHONE = fact("phone", "045-123-4567", "0451234567")
QUESTION = message(
    text="O boleto do seguro de saúde veio duas vezes este mês. Preciso pagar 18.600 ienes nas duas? "
    "O prazo é 31/01.",
    language="pt-BR",
    japanese="今月、健康保険の請求書が2回届きました。両方で18,600円を払う必要がありますか。期限は1月31日です。",
    route=["pt-BR", "en", "ja"],
    maker="machine",
    confidence=0.86,
    facts=[fact("price", "18.600 ienes", "18600"), fact("date", "31/01", "01-31", "1月31日")],
)
BOT_ANSWER = message(
    direction="bot",
    text="Vou passar sua pergunta a uma pessoa da prefeitura. Aguarde um momento.",
    language="pt-BR",
    japanese="担当の職員におつなぎします。少しお待ちください。",
    state="sent",
    at=at("10:43"),
)
STAFF_ANSWER = message(
    direction="staff",
    text="Vou verificar.",
    language="pt-BR",
    japanese="お調べします。",
    route=["ja", "en", "pt-BR"],
    maker="machine",
    confidence=0.91,
    state="sent",
    author="佐藤 花子",
    at=at("10:44"),
)
VOICE = message(
    text="Obrigada, espero.",
    language="pt-BR",
    japanese="ありがとうございます。お待ちします。",
    route=["pt-BR", "en", "ja"],
    maker="machine",
    confidence=0.42,
    flags=["too_short", "low_confidence"],
    kind="voice",
    at=at("10:46"),
)
NOTICE = message(
    direction="bot", kind="notice", text="佐藤 花子さんが担当になりました。", state="sent", at=at("10:44")
)

PREVIEW: dict[str, Any] = {
    "text": "Verificamos. Foi enviado em duplicidade. Pague 18.600 ienes uma vez só, até 31 de janeiro.",
    "language": "pt-BR",
    "back": "確認しました。二重に送られました。1月31日までに18,600円を一度だけ払ってください。",
    "route": ["ja", "en", "pt-BR"],
    "engine": "argos+firefox",
    "maker": "machine",
    "confidence": 0.88,
    "flags": [],
    "kept": [fact("price", "18,600円", "18600"), fact("date", "1月31日", "01-31", "31 de janeiro")],
    "lost": [],
    "suggestions": [],
}
LOST_PREVIEW = PREVIEW | {"flags": ["fact_lost"], "confidence": 0.46, "lost": [PHONE]}
SUGGESTION: dict[str, Any] = {
    "id": "u1",
    "japanese": "確認しました。二重に送ってしまいました。12,300円のお支払いは1回だけです。",
    "text": "Verificamos. Enviamos em duplicidade. O pagamento de 12.300 ienes é uma vez só.",
    "score": 0.913,
    "author": "鈴木 マリア",
    "at": at("09:00") - dt.timedelta(days=3),
    "other_facts": True,
}
HUMAN_PREVIEW = PREVIEW | {"maker": "human", "engine": "memory", "confidence": None, "back": ""}
DRAFT = "確認しました。二重に送ってしまいました。18,600円のお支払いは1回だけで、期限は1月31日です。"

WAITING = [
    row(
        id="r1",
        number=41,
        name="Nguyễn Văn A",
        language="vi",
        language_name="ベトナム語",
        since=at("09:58"),
        urgent=True,
        department_name="市民課",
        excerpt="会社にパスポートを取られて、返してもらえません。",
    ),
    row(),
    row(
        id="r3",
        number=43,
        name="王 小明",
        language="zh-Hans",
        language_name="中国語（簡体字）",
        since=at("10:51"),
        department_name="学校教育課",
        excerpt="子どもの転校の手続きについて教えてください。",
    ),
]
MINE = [
    row(
        id="r4",
        number=39,
        name="Jose R.",
        language="tl",
        language_name="フィリピノ語",
        since=at("09:20"),
        state="claimed",
        claimed_by_name="佐藤 花子",
        department_name="保険年金課",
        excerpt="保険証をなくしました。",
    )
]
OTHERS = [
    row(
        id="r5",
        number=40,
        name="Anna K.",
        language="en",
        language_name="英語",
        since=at("09:35"),
        state="claimed",
        claimed_by_name="鈴木 一郎",
        department_name="環境課",
        excerpt="粗大ごみの予約を変更したいです。",
    )
]

SAVED_REPLIES = [
    {"title": "確認中", "text": "確認しています。少しお待ちください。"},
    {"title": "窓口の時間", "text": "窓口は平日の8時30分から17時15分まで開いています。"},
]


def queue(**changes: Any) -> dict[str, Any]:
    return {"waiting": WAITING, "mine": MINE, "others": OTHERS, "done_today": 12} | changes


def selected(**changes: Any) -> dict[str, Any]:
    """The open request with its conversation."""
    return (
        row()
        | {
            "reachable": True,
            "claimed_by_me": False,
            "version": 3,
            "messages": [QUESTION, BOT_ANSWER],
        }
        | changes
    )


def claimed(**changes: Any) -> dict[str, Any]:
    """The same request in the hands of whoever looks at it."""
    return (
        selected(
            state="claimed",
            claimed_by_me=True,
            claimed_by_name="佐藤 花子",
            messages=[QUESTION, BOT_ANSWER, NOTICE, STAFF_ANSWER, VOICE],
        )
        | changes
    )


def desk(**changes: Any) -> dict[str, Any]:
    """The whole context of desk.html."""
    return {
        "queue": queue(),
        "selected": None,
        "draft": "",
        "preview": None,
        "saved_replies": SAVED_REPLIES,
        "error": None,
        "quota": None,
    } | changes


EMPTY_QUEUE = {"waiting": [], "mine": [], "others": [], "done_today": 0}


def file(what: str, media_type: str, ending: str, state: str = "kept") -> dict[str, Any]:
    """What came with a message."""
    came = {"state": state, "what": what, "media_type": media_type, "ending": ending}
    return {"id": f"a-{what}-{state}", "bytes": 84_000, "size": "84 KB", **came}


FILES = [
    message(kind="image", text="", attachment=file("image", "image/png", "png")),
    message(kind="voice", text="", attachment=file("audio", "audio/mp4", "m4a")),
    message(kind="video", text="", attachment=file("video", "video/mp4", "mp4")),
    message(kind="file", text="", attachment=file("file", "application/octet-stream", "")),
    *(
        message(kind="image", text="", attachment=file("file", "", "", state))
        for state in ("waiting", "gone", "too_large", "refused")
    ),
]

STATES: dict[str, dict[str, Any]] = {
    "files": desk(selected=claimed(messages=FILES)),
    "quota nearly used": desk(quota={"used": 4100, "limit": 5000, "held": "nothing"}),
    "quota held": desk(quota={"used": 4900, "limit": 5000, "held": "small"}, selected=claimed()),
    "quota used": desk(quota={"used": 5000, "limit": 5000, "held": "all"}, error="045-123-4567"),
    "empty queue": desk(queue=EMPTY_QUEUE),
    "nothing open": desk(),
    "waiting": desk(selected=selected()),
    "claimed": desk(selected=claimed()),
    "claimed with preview": desk(selected=claimed(), draft=DRAFT, preview=PREVIEW),
    "suggestions": desk(
        selected=claimed(),
        draft=DRAFT,
        preview=PREVIEW | {"suggestions": [SUGGESTION, SUGGESTION | {"id": "u2", "other_facts": False}]},
    ),
    "human translation": desk(
        selected=claimed(messages=[QUESTION, STAFF_ANSWER | {"maker": "human", "confidence": None}]),
        draft=DRAFT,
        preview=HUMAN_PREVIEW,
    ),
    "lost fact": desk(
        selected=claimed(),
        draft=DRAFT + "電話は045-123-4567です。",
        preview=LOST_PREVIEW,
        error="045-123-4567",
    ),
    "taken by another": desk(selected=selected(state="claimed", claimed_by_name="鈴木 一郎")),
    "closed": desk(selected=claimed(state="closed")),
    "unreachable": desk(selected=claimed(reachable=False)),
}
