"""The live route: one WebSocket a page, on which it asks, and is told what is new of the run it watches."""

import logging
import struct
import time
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup
from pydantic_core import to_json
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.problems import Problem, Problems, StoreTrouble
from core.runtime import requests
from core.runtime.desk import Desk
from core.runtime.feed import Feed
from core.runtime.requests import Answerable, Look, Preview, Refused, Watch

PATH = "/api/studio"
POLL = 0.025
"""Seconds between two looks at a watched run."""
TICK = 0.05
"""The fewest seconds between two ticks."""
PATIENCE = 30.0
"""Seconds after which a question is given up."""
_QUESTIONS = 16
"""The most questions a page may have open at once."""
_LOG = logging.getLogger(__name__)


def route(store: Path) -> WebSocketRoute:
    """The live route over a store. Who may open it is the guard's business."""

    async def studio(socket: WebSocket) -> None:
        await socket.accept()
        await _Visit(socket, store).stay()

    return WebSocketRoute(PATH, studio, name="studio")


class _Visit:
    """One open page: a loop that answers it and a loop that pushes. Ends when the page goes."""

    def __init__(self, socket: WebSocket, store: Path) -> None:
        self._socket = socket
        self._store = store
        self._desk = Desk(store)
        self._feed: Feed | None = None
        self._watching = anyio.Lock()  # the feed is read or replaced, never both
        self._sending = anyio.Lock()  # a frame and the reply that speaks of it go out together
        self._questions = 0

    async def stay(self) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._push)
                await self._listen(tasks)
                tasks.cancel_scope.cancel()
        except* WebSocketDisconnect:
            pass
        finally:
            if self._feed is not None:
                self._feed.close()
            self._desk.close()

    async def _listen(self, tasks: TaskGroup) -> None:
        while (message := await self._socket.receive())["type"] == "websocket.receive":
            text = message.get("text")
            if text is None:
                text = (message.get("bytes") or b"").decode(errors="replace")
            try:
                request = requests.read(text)
            except Refused as refused:
                await self._say(_no(refused.number, refused))
                continue
            if isinstance(request, Preview | Look):
                tasks.start_soon(self._question, request)
            else:
                await self._say(await self._answer(request))

    async def _answer(self, request: Answerable | Watch) -> dict[str, Any]:
        """The reply to a request. Whatever goes wrong is said in it; the page stays connected."""
        try:
            if isinstance(request, Watch):
                found = await self._watch(request)
            else:
                found = await to_thread.run_sync(self._desk.answer, request)
        except (Problems, StoreTrouble) as trouble:
            return _no(request.id, trouble)
        except Exception:  # the edge: our own mistake must not cost the page its connection
            _LOG.exception("The request %r failed.", request.do)
            return _no(request.id, Problems(_OURS))
        return {"id": request.id, "ok": True, **found}

    async def _watch(self, request: Watch) -> dict[str, Any]:
        async with self._watching:
            if self._feed is not None:
                self._feed.close()
                self._feed = None
            if request.run is not None:
                self._feed = await to_thread.run_sync(Feed, self._store, request.run, request.after)
        return {}

    async def _question(self, request: Preview | Look) -> None:
        """Have an analyst answer, without keeping anything else waiting."""
        if self._questions >= _QUESTIONS:
            await self._say(_no(request.id, Problems(_BUSY)))
            return
        self._questions += 1
        try:
            key = await to_thread.run_sync(self._desk.ask, request)
            with anyio.move_on_after(PATIENCE):
                while (block := await to_thread.run_sync(self._desk.answered, key)) is None:
                    await anyio.sleep(0.015)
                await self._say({"id": request.id, "ok": True, "pending": False},
                                struct.pack("<II", request.id, getattr(request, "run", None) or 0) + block)
                return
            await self._say(_no(request.id, Problems(_LATE)))
        except (Problems, StoreTrouble) as trouble:
            await self._say(_no(request.id, trouble))
        finally:
            self._questions -= 1

    async def _push(self) -> None:
        """Tell what is new of the watched run. A page that takes its time is told more at once."""
        spoke = 0.0
        while True:
            await anyio.sleep(POLL)
            now = time.monotonic()
            if now - spoke < TICK:
                continue
            async with self._watching:
                if self._feed is None or not self._feed.moved():
                    continue
                news = await to_thread.run_sync(self._feed.news)
                if news is not None:
                    spoke = now
                    live = None if news.live is None else struct.pack("<II", 0, news.tick["run"]) + news.live
                    await self._say(news.tick, live)

    async def _say(self, said: dict[str, Any], frame: bytes | None = None) -> None:
        async with self._sending:
            if frame is not None:
                await self._socket.send_bytes(frame)
            await self._socket.send_text(to_json(said, inf_nan_mode="null").decode())


_OURS = Problem(where="", what="This is our fault: the request could not be worked on.",
                fix="Try again; the server's log holds the details.")
_BUSY = Problem(where="", what="Too many questions are open at once.", fix="Wait for the answers.")
_LATE = Problem(where="", what=f"No answer came within {PATIENCE:g} seconds.",
                fix="Make the experiment smaller, or try again.")


def _no(number: int | None, trouble: Problems | StoreTrouble) -> dict[str, Any]:
    if isinstance(trouble, Problems):
        problems = trouble.problems
    else:
        what, _, fix = str(trouble).partition(". ")
        problems = (Problem(where="", what=f"{what.removesuffix('.')}.", fix=fix),)
    return {"id": number, "ok": False, "problems": problems}
