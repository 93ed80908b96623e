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
from core.runtime.feed import Feed, News
from core.runtime.requests import Answerable, Moment, Question, Refused, Watch

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
        self._opened: Desk | None = None
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
            self._leave()
            if self._opened is not None:
                self._opened.close()

    @property
    def _desk(self) -> Desk:
        """The page's desk, opened when it is first asked: a store in trouble is told in the reply."""
        if self._opened is None:
            self._opened = Desk(self._store)
        return self._opened

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
            if isinstance(request, Moment):
                await self._moment(request)
            elif isinstance(request, Question):
                tasks.start_soon(self._question, request)
            else:
                await self._say(await self._answer(request))

    async def _answer(self, request: Answerable | Watch) -> dict[str, Any]:
        """The reply to a request. Whatever goes wrong is said in it; the page stays connected."""
        try:
            if isinstance(request, Watch):
                await self._watch(request)
                found = {}
            else:
                found = await to_thread.run_sync(self._desk.answer, request)
        except Exception as trouble:  # the edge of the process
            return _no(request.id, trouble)
        return {"id": request.id, "ok": True, **found}

    async def _watch(self, request: Watch) -> None:
        async with self._watching:
            self._leave()
            if request.run is not None:
                self._feed = await to_thread.run_sync(Feed, self._store, request.run, request.after,
                                                    request.told)

    async def _moment(self, request: Moment) -> None:
        try:
            block = await to_thread.run_sync(self._desk.moment, request)
        except Exception as trouble:  # the edge of the process
            await self._say(_no(request.id, trouble))
            return
        await self._say({"id": request.id, "ok": True}, struct.pack("<II", request.id, request.run) + block)

    async def _question(self, request: Question) -> None:
        """Have an analyst answer, without keeping anything else waiting."""
        self._questions += 1
        try:
            block = await self._analysed(request)
            frame = struct.pack("<II", request.id, getattr(request, "run", None) or 0) + block
            await self._say({"id": request.id, "ok": True, "pending": False}, frame)
        except WebSocketDisconnect:
            raise
        except Exception as trouble:  # the edge of the process
            await self._say(_no(request.id, trouble))
        finally:
            self._questions -= 1

    async def _analysed(self, question: Question) -> bytes:
        if self._questions > _QUESTIONS:
            raise Problems(_BUSY)
        key = await to_thread.run_sync(self._desk.ask, question)
        with anyio.move_on_after(PATIENCE):
            while (block := await to_thread.run_sync(self._desk.answered, key)) is None:
                await anyio.sleep(0.015)
            return block
        raise Problems(_LATE)

    async def _push(self) -> None:
        """Tell what is new of the watched run. A page that takes its time is told more at once."""
        spoke = 0.0
        while True:
            await anyio.sleep(POLL)
            now = time.monotonic()
            if now - spoke < TICK:
                continue
            async with self._watching:
                news = await self._news()
                if news is not None:
                    spoke = now
                    live = None if news.live is None else struct.pack("<II", 0, news.tick["run"]) + news.live
                    await self._say(news.tick, live)

    async def _news(self) -> News | None:
        """What is new of the watched run. One that cannot be read, or is gone, is watched no longer."""
        try:
            if self._feed is not None and self._feed.moved():
                return await to_thread.run_sync(self._feed.news)
        except Exception as trouble:  # the edge of the process
            _told(trouble)
            self._leave()
        return None

    def _leave(self) -> None:
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    async def _say(self, said: dict[str, Any], frame: bytes | None = None) -> None:
        async with self._sending:
            if frame is not None:
                await self._socket.send_bytes(frame)
            await self._socket.send_text(to_json(said, inf_nan_mode="null").decode())


_OURS = Problem(where="", what="This is our fault: the request could not be worked on.",
                fix="Try again; what the server printed holds the details.")
_BUSY = Problem(where="", what="Too many questions are open at once.", fix="Wait for the answers.")
_LATE = Problem(where="", what=f"No answer came within {PATIENCE:g} seconds.",
                fix="Make the experiment smaller, or try again.")


def _no(number: int | None, trouble: Exception) -> dict[str, Any]:
    return {"id": number, "ok": False, "problems": _told(trouble)}


def _told(trouble: Exception) -> tuple[Problem, ...]:
    """What went wrong, for the page; a mistake of our own goes to the log as well."""
    if isinstance(trouble, Problems):
        return trouble.problems
    if isinstance(trouble, StoreTrouble):
        what, _, fix = str(trouble).partition(". ")
        return (Problem(where="", what=f"{what.removesuffix('.')}.", fix=fix),)
    _LOG.error("A request failed.", exc_info=trouble)
    return (_OURS,)
