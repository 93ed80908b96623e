"""The door of the web process: who may speak to it, and what every answer tells the browser."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
"""The names this machine may be called by. Any other is somebody else's name, rebound to this machine."""

CLOSED = ("/_stcore/upload_file", "/_stcore/agent", "/_stcore/metrics", "/auth/", "/oauth2callback")
"""Doors of Streamlit that no page of ours uses: what is not open cannot be pushed at."""

ANSWER_HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Nothing from elsewhere, and into no frame. Streamlit's own page writes styles and compiles code.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
                               "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
                               "font-src 'self' data:; media-src 'self' blob:; worker-src 'self' blob:; "
                               "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
                               "frame-src 'self' blob: data:; frame-ancestors 'none'",
}


class Guard:
    """Refuses a request whose Host is not ours, and whatever another site's page asks for."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] = HOSTS) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif not self._welcome(scope):
            socket = scope["type"] == "websocket"
            refusal = WebSocketClose(1008) if socket else PlainTextResponse("Forbidden", 403)
            await refusal(scope, receive, send)
        elif scope["path"].startswith(CLOSED):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
        else:
            await self._app(scope, receive, _with_headers(send))

    def _welcome(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or len(origins) > 1 or _name(hosts[0]) not in self._hosts:
            return False
        if origins:
            return same_origin(origins[0], hosts[0])
        return scope["type"] == "http"  # a browser always names the origin of a WebSocket


def same_origin(origin: str, host: str) -> bool:
    """Whether a page of `origin` is a page of ours, served under `host`."""
    scheme, _, authority = origin.partition("://")
    return scheme in ("http", "https") and authority.lower() == host.lower()


def _name(host: str) -> str | None:
    """The host's name without its port; None for anything that is not exactly a name and a port."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises ValueError when it is not a number
    except ValueError:
        return None
    plain = parts.netloc == host and "@" not in host and not host.endswith(":") and host == host.strip()
    return parts.hostname if plain else None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in ANSWER_HEADERS.items():
                headers[name] = value
        await send(message)

    return sending
