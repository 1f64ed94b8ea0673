"""LINE's Messaging API over HTTP: the bot is the client. api and api-data are one host here."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.simulator.channel import Channel
from bot.simulator.events import pack
from bot.simulator.faults import Disconnect, Faults, happen
from bot.simulator.model import Call, Json, LineError, Problem
from bot.simulator.rules import check_messages
from bot.simulator.schema import Schema
from bot.simulator.webhook import Webhooks
from core.ids import new_id

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CALL = web.RequestKey("call", Call)
RETRY_KEY = "X-Line-Retry-Key"
OPEN_ENDPOINTS = frozenset({"token"})  # these prove themselves with the channel secret instead


class MessagingApi:
    """Handlers by endpoint, and `middleware`, which does what all endpoints have in common."""

    def __init__(self, channel: Channel, faults: Faults, schema: Schema, webhooks: Webhooks) -> None:
        self._channel = channel
        self._faults = faults
        self._schema = schema
        self._webhooks = webhooks

    def routes(self) -> list[web.AbstractRouteDef]:
        """LINE's paths; the route's name is the endpoint's name in faults and in the log."""
        message, bot = "/v2/bot/message", "/v2/bot"
        return [
            web.post(f"{message}/reply", self.reply, name="reply"),
            web.post(f"{message}/push", self.push, name="push"),
            web.post(f"{message}/multicast", self.multicast, name="multicast"),
            web.post(f"{message}/validate/{{kind:reply|push|multicast}}", self.validate, name="validate"),
            web.get(f"{message}/quota", self.quota, name="quota"),
            web.get(f"{message}/quota/consumption", self.consumption, name="consumption"),
            web.get(f"{message}/{{id}}/content", self.content, name="content"),
            web.get(f"{message}/{{id}}/content/transcoding", self.transcoding, name="transcoding"),
            web.get(f"{bot}/profile/{{id}}", self.profile, name="profile"),
            web.get(f"{bot}/info", self.info, name="info"),
            web.post(f"{bot}/chat/loading/start", self.loading, name="loading"),
            web.post(f"{bot}/chat/markAsRead", self.mark_read, name="markAsRead"),
            web.get(f"{bot}/channel/webhook/endpoint", self.webhook, name="webhook"),
            web.put(f"{bot}/channel/webhook/endpoint", self.set_webhook, name="set_webhook"),
            web.post(f"{bot}/channel/webhook/test", self.test_webhook, name="test_webhook"),
            web.post("/oauth2/v3/token", self.token, name="token"),
            web.post("/v2/oauth/accessToken", self.token, name="token_short"),
        ]

    async def reply(self, request: web.Request) -> web.Response:
        if RETRY_KEY in request.headers:
            raise LineError(400, f"The request header '{RETRY_KEY}' is not supported by this endpoint")
        body = await self._messages(request, "ReplyMessageRequest")
        return web.json_response(self._channel.reply(body["replyToken"], body["messages"], request[CALL]))

    async def push(self, request: web.Request) -> web.Response:
        return await self._send_once(
            request,
            "PushMessageRequest",
            lambda body, call: self._channel.push(body["to"], body["messages"], call),
        )

    async def multicast(self, request: web.Request) -> web.Response:
        return await self._send_once(
            request,
            "MulticastRequest",
            lambda body, call: self._channel.multicast(body["to"], body["messages"], call),
        )

    async def _send_once(
        self, request: web.Request, model: str, send: Callable[[Json, Call], Json]
    ) -> web.Response:
        """Send unless the retry key was accepted before; remember the key only when LINE accepts."""
        call, key = request[CALL], request.headers.get(RETRY_KEY)
        if key is not None:
            call.facts["retry_key"] = key
        body = await self._messages(request, model)
        self._channel.retry_keys.check(key)
        answer = send(body, call)
        self._channel.retry_keys.accept(key, call.request_id, answer)
        return web.json_response(answer)

    async def validate(self, request: web.Request) -> web.Response:
        body = await _json(request)
        problems = self._schema.problems("ValidateMessageRequest", body)
        self._refuse(problems or tuple(check_messages(body["messages"])))
        return web.json_response({})

    async def _messages(self, request: web.Request, model: str) -> Json:
        body = await _json(request)
        self._refuse(self._schema.problems(model, body))
        self._refuse(tuple(check_messages(body["messages"])))
        request[CALL].facts["messages"] = len(body["messages"])
        return body

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        if problems:
            count = f"{len(problems)} error{'s' if len(problems) > 1 else ''}"
            raise LineError(400, f"The request body has {count}", problems=problems)

    async def quota(self, request: web.Request) -> web.Response:
        limit = self._channel.options.monthly_quota
        return web.json_response({"type": "none"} if limit is None else {"type": "limited", "value": limit})

    async def consumption(self, request: web.Request) -> web.Response:
        return web.json_response({"totalUsage": self._channel.used_quota})

    async def content(self, request: web.Request) -> web.Response:
        content = self._channel.content(request.match_info["id"], request[CALL])
        if content.ready_at > self._channel.clock.monotonic():
            return web.Response(status=202)
        return web.Response(body=content.data, headers={"content-type": content.media_type})

    async def transcoding(self, request: web.Request) -> web.Response:
        content = self._channel.content(request.match_info["id"], request[CALL])
        ready = content.ready_at <= self._channel.clock.monotonic()
        return web.json_response({"status": "succeeded" if ready else "processing"})

    async def profile(self, request: web.Request) -> web.Response:
        return web.json_response(self._channel.profile(request.match_info["id"], request[CALL]))

    async def info(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "userId": self._channel.bot_id,
                "basicId": "@000simul",
                "displayName": self._channel.options.account_name,
                "chatMode": "chat",
                "markAsReadMode": "manual",
            }
        )

    async def loading(self, request: web.Request) -> web.Response:
        body = await _json(request)
        # The generated model would refuse 0 and 65 with other words; the channel knows LINE's rule.
        seconds = body.get("loadingSeconds")
        self._refuse(self._schema.problems("ShowLoadingAnimationRequest", {"chatId": body.get("chatId")}))
        if seconds is not None and type(seconds) is not int:
            raise LineError(400, "The value for the 'loadingSeconds' parameter is invalid")
        self._channel.start_loading(body["chatId"], seconds, request[CALL])
        return web.json_response({}, status=202)

    async def mark_read(self, request: web.Request) -> web.Response:
        body = await _json(request)
        self._refuse(self._schema.problems("MarkMessagesAsReadByTokenRequest", body))
        self._channel.mark_read(body["markAsReadToken"], request[CALL])
        return web.json_response({})

    async def webhook(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"endpoint": self._channel.webhook_url, "active": bool(self._channel.webhook_url)}
        )

    async def set_webhook(self, request: web.Request) -> web.Response:
        body = await _json(request)
        self._refuse(self._schema.problems("SetWebhookEndpointRequest", body))
        if not body["endpoint"].startswith(("http://", "https://")):
            raise LineError(400, "Invalid webhook endpoint URL")
        self._channel.point_webhook(body["endpoint"])
        return web.json_response({})

    async def test_webhook(self, request: web.Request) -> web.Response:
        delivery = await self._webhooks.post(pack(self._channel.bot_id, []), action="verify")
        return web.json_response(
            {
                "success": delivery.ok,
                "timestamp": self._channel.clock.now().isoformat().replace("+00:00", "Z"),
                "statusCode": delivery.status,
                "reason": delivery.reason.upper() or "OK",
                "detail": str(delivery.status),
            }
        )

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        token = self._channel.access_tokens.issue(str(form.get("client_id")), str(form.get("client_secret")))
        lifetime = int(self._channel.options.issued_token_s)
        return web.json_response({"token_type": "Bearer", "access_token": token, "expires_in": lifetime})

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Authorisation, size, rate, faults, request id and the log; other paths pass untouched."""
        if not request.path.startswith(("/v2/", "/oauth2/")):
            return await handler(request)
        name = request.match_info.route.name or "unknown"
        call = Call(request_id=new_id(), action="token" if name.startswith("token") else name)
        request[CALL] = call
        started = self._channel.clock.monotonic()
        response: web.StreamResponse | None = None
        try:
            response = await self._answer(request, handler, call)
        except Disconnect:
            if request.transport is not None:
                request.transport.abort()
        except LineError as error:
            response = web.json_response(error.body(), status=error.status, headers=error.headers)
        self._log(response, call, self._channel.clock.monotonic() - started)
        response = response or web.Response()  # after a disconnect nobody reads it
        response.headers["x-line-request-id"] = call.request_id
        return response

    async def _answer(self, request: web.Request, handler: Handler, call: Call) -> web.StreamResponse:
        if call.action not in OPEN_ENDPOINTS:
            self._channel.access_tokens.check(request.headers.get("Authorization", ""))
        self._channel.rate.take(call.action)
        call.body = await _read(request, self._channel.options.max_api_body)
        fault = self._faults.take(call.action)
        if fault is not None:
            call.facts["fault"] = fault.kind
        if fault is not None and not fault.after:
            await happen(fault)
        try:
            response = await handler(request)
        except web.HTTPException as error:
            raise LineError(error.status, error.reason) from None
        if fault is not None and fault.after:
            await happen(fault)
        return response

    def _log(self, response: web.StreamResponse | None, call: Call, seconds: float) -> None:
        body = response.body if isinstance(response, web.Response) else None
        body = body if isinstance(body, bytes) else b""
        is_text = response is not None and response.content_type == "application/json"
        text = body.decode() if is_text else f"({len(body)} bytes)"
        secret = call.action in OPEN_ENDPOINTS
        self._channel.traffic.add(
            side="api",
            action=call.action,
            status=response.status if response is not None else 0,
            ms=seconds * 1000,
            resident=call.resident,
            request_id=call.request_id,
            facts=call.facts,
            request="" if secret else call.body.decode("utf-8", "replace"),
            response="" if secret else text,
        )


async def _read(request: web.Request, limit: int) -> bytes:
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        body = None
    if body is None or len(body) > limit:
        raise LineError(413, "Request body too large")
    return body


async def _json(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise LineError(400, "The request body could not be parsed as JSON") from None
    if not isinstance(body, dict):
        raise LineError(400, "The request body has 1 error")
    return body
