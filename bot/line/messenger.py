"""LINE as a messenger, through line-bot-sdk.

The SDK's async client has no retries, waits 300 s by default and raises `ApiException` for every refusal, a 409
included (which means "this retry key arrived before": success). Retrying is the outbox's work, with a stored key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.line.quota import Quota
from bot.messenger import (
    ContentGone,
    ContentNotReady,
    Limited,
    NoAnswer,
    NotAllowed,
    Profile,
    QuotaReached,
    Rejected,
    TokenInvalid,
)
from core.errors import TooLarge
from core.log import get_logger
from core.metrics import counter, histogram

log = get_logger(__name__)

CALLS = counter("line_calls", "Calls to LINE", ["call", "status"])
CALL_SECONDS = histogram("line_call_seconds", "Duration of calls to LINE", ["call"])

Call = Callable[[Any, dict[str, Any]], Awaitable[Any]]  # the SDK's API and what every call is given

LIMITED_PAUSE_S = 2.0
NOT_ALLOWED_PAUSE_S = 600.0
CONTENT_S = 120.0  # for a whole file, of which something has to come all the time
CHUNK = 64 * 1024  # bytes


class LineMessenger:
    """Calls LINE's Messaging API. Make it inside a running event loop."""

    def __init__(
        self,
        *,
        access_token: str,
        api_base: str,
        data_api_base: str,
        timeout_s: float = 10.0,
        connections: int = 50,
    ) -> None:
        from linebot.v3.messaging import (  # noqa: PLC0415 -- 0.7 s and 65 MB
            AsyncApiClient,
            AsyncMessagingApi,
            AsyncMessagingApiBlob,
            Configuration,
        )

        def client(host: str) -> Any:
            configuration = Configuration(access_token=access_token, host=host)
            configuration.connection_pool_maxsize = connections
            return AsyncApiClient(configuration)

        self._clients = [client(api_base), client(data_api_base)]
        self._api = AsyncMessagingApi(self._clients[0])
        self._blob = AsyncMessagingApiBlob(self._clients[1])
        self._timeout_s = timeout_s
        self._content_timeout = aiohttp.ClientTimeout(
            total=CONTENT_S, sock_connect=timeout_s, sock_read=timeout_s
        )

    async def close(self) -> None:
        for client in self._clients:
            await client.close()

    async def reply(self, token: str, messages: Sequence[dict[str, Any]]) -> Sequence[str]:
        from linebot.v3.messaging import ReplyMessageRequest  # noqa: PLC0415 -- see above

        body = ReplyMessageRequest.from_dict({"replyToken": token, "messages": list(messages)})
        try:
            sent = await self._call(
                "reply", self._api.reply_message_with_http_info(body, _request_timeout=self._timeout_s)
            )
        except Rejected as error:
            if "reply token" in str(error).lower():
                raise TokenInvalid(str(error)) from error
            raise
        return _sent_ids(sent)

    async def push(
        self, user_id: str, messages: Sequence[dict[str, Any]], *, retry_key: str
    ) -> Sequence[str]:
        from linebot.v3.messaging import PushMessageRequest  # noqa: PLC0415 -- see above

        body = PushMessageRequest.from_dict({"to": user_id, "messages": list(messages)})
        sent = await self._call(
            "push",
            self._api.push_message_with_http_info(
                body, x_line_retry_key=retry_key, _request_timeout=self._timeout_s
            ),
        )
        return _sent_ids(sent)

    async def multicast(
        self, user_ids: Sequence[str], messages: Sequence[dict[str, Any]], *, retry_key: str
    ) -> None:
        from linebot.v3.messaging import MulticastRequest  # noqa: PLC0415 -- see above

        body = MulticastRequest.from_dict({"to": list(user_ids), "messages": list(messages)})
        await self._call(
            "multicast",
            self._api.multicast_with_http_info(
                body, x_line_retry_key=retry_key, _request_timeout=self._timeout_s
            ),
        )

    async def profile(self, user_id: str) -> Profile | None:
        try:
            found = await self._call(
                "profile", self._api.get_profile_with_http_info(user_id, _request_timeout=self._timeout_s)
            )
        except Rejected:
            return None
        return Profile(display_name=found.data.display_name or "", language=found.data.language or "")

    async def content(self, message_id: str, *, limit: int) -> bytes:
        try:
            found: Any = await self._call("content", self._read(message_id, limit))
        except Rejected as error:
            raise ContentGone(str(error)) from error
        if found is None:
            raise ContentNotReady(message_id)
        return bytes(found)

    async def _read(self, message_id: str, limit: int) -> bytes | None:
        """The content; None if it is not ready. The SDK would hold a file of any size in memory and would not tell
        202 from 200, so its connection is used without its reading."""
        from linebot.v3.messaging import ApiException  # noqa: PLC0415 -- 0.7 s and 65 MB

        client = self._clients[1]
        host, token = client.configuration.host, client.configuration.access_token
        answer = await client.rest_client.request(
            "GET",
            f"{host}/v2/bot/message/{quote(message_id, safe='')}/content",
            headers={"Authorization": f"Bearer {token}"},
            _preload_content=False,
            _request_timeout=self._content_timeout,
        )
        async with answer:
            if answer.status == 202:
                return None
            if answer.status != 200:
                raise ApiException(status=answer.status, reason=answer.reason)
            if (answer.content_length or 0) > limit:
                raise TooLarge(f"What is sent may have {limit} bytes.")
            data = bytearray()
            async for chunk in answer.content.iter_chunked(CHUNK):
                data += chunk
                if len(data) > limit:
                    raise TooLarge(f"What is sent may have {limit} bytes.")
            return bytes(data)

    async def show_loading(self, user_id: str, seconds: int) -> None:
        from linebot.v3.messaging import ShowLoadingAnimationRequest  # noqa: PLC0415 -- see above

        body = ShowLoadingAnimationRequest.from_dict({"chatId": user_id, "loadingSeconds": seconds})
        try:
            await self._call(
                "loading",
                self._api.show_loading_animation_with_http_info(body, _request_timeout=self._timeout_s),
            )
        except (Rejected, NoAnswer, Limited, QuotaReached):
            log.info("loading_not_shown")

    async def quota(self) -> Quota:
        """The month's quota. A plan without a limit has type "none"."""
        allowed = await self.call("quota", lambda api, limit: api.get_message_quota_with_http_info(**limit))
        used = await self.call(
            "consumption", lambda api, limit: api.get_message_quota_consumption_with_http_info(**limit)
        )
        return Quota(limit=allowed.data.value, used=used.data.total_usage)

    async def call(self, name: str, make: Call) -> Any:
        """Any other call of the API. Raises NoAnswer, Limited, Rejected."""
        return await self._call(name, make(self._api, {"_request_timeout": self._timeout_s}))

    async def call_blob(self, name: str, make: Call) -> Any:
        """Any other call of the API for contents."""
        return await self._call(name, make(self._blob, {"_request_timeout": self._timeout_s}))

    async def _call(self, name: str, call: Awaitable[Any]) -> Any:
        from linebot.v3.messaging import ApiException  # noqa: PLC0415 -- see above

        with CALL_SECONDS.labels(name).time():
            try:
                result = await call
            except ApiException as error:
                CALLS.labels(name, str(error.status)).inc()
                self._refused(name, error)
                return None
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                CALLS.labels(name, "none").inc()
                raise NoAnswer(type(error).__name__) from error
        CALLS.labels(name, "200").inc()
        return result

    def _refused(self, name: str, error: Any) -> None:
        """Decide by the status code; LINE does not promise the wording (except that a 429 may be a quota)."""
        body = str(error.body or "")
        log.info("line_refused", call=name, status=error.status, request=_request_id(error))
        if error.status == 409:
            return
        if error.status == 429:
            if "monthly limit" in body:
                raise QuotaReached(name) from error
            raise Limited(LIMITED_PAUSE_S) from error
        if error.status in (401, 403):
            log.error("line_not_allowed", what_to_do="set a valid LINE__CHANNEL_ACCESS_TOKEN and restart")
            raise NotAllowed(NOT_ALLOWED_PAUSE_S) from error
        if error.status >= 500 or error.status == 408:
            raise NoAnswer(f"status {error.status}") from error
        raise Rejected(f"status {error.status}: {body[:200]}") from error


def _sent_ids(sent: Any) -> list[str]:
    """What LINE calls the messages that it took; none where it had taken them before."""
    told = getattr(getattr(sent, "data", None), "sent_messages", None) or ()
    return [str(message.id) for message in told]


def _request_id(error: Any) -> str:
    headers = {str(key).lower(): str(value) for key, value in dict(error.headers or {}).items()}
    return headers.get("x-line-request-id", "")
