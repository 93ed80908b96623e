"""What tests share: a running app of their own, a Chromium, and a way to wait with a deadline."""

import gc
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import pytest
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


T = TypeVar("T")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Thousands of tests and all that they import stay to the end: no collection walks them again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def until(look: Callable[[], T], seconds: float = 60.0, what: str = "it") -> T:
    """The first true answer of `look`; fails when none came in time."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.02)
    return found


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Page:
    """The live route as a page has it: asks, and gathers what is pushed."""

    def __init__(self, port: int, **headers: str) -> None:
        self._door = connect(f"ws://127.0.0.1:{port}/api/studio", origin=f"http://127.0.0.1:{port}",
                             additional_headers=headers, max_size=None)
        self.socket: ClientConnection
        self.ids = itertools.count(1)
        self.ticks: list[dict[str, Any]] = []
        self.frames: list[tuple[int, int, bytes]] = []

    def __enter__(self) -> "Page":
        self.socket = self._door.__enter__()
        return self

    def __exit__(self, *fault: Any) -> None:
        self._door.__exit__(*fault)

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """The reply to a request, whether it went well or not."""
        number = next(self.ids)
        self.socket.send(json.dumps({"id": number, "do": do, **fields}))
        return until(lambda: self.hear(number), 60, f"a reply to {do}")

    def well(self, do: str, **fields: Any) -> dict[str, Any]:
        """The reply to a request that must go well."""
        reply = self.ask(do, **fields)
        assert reply["ok"], reply
        return reply

    def hear(self, number: int | None = None, seconds: float = 0.2) -> dict[str, Any] | None:
        """Take in the next message; give it back when it is the reply of that number."""
        try:
            message = self.socket.recv(timeout=seconds)
        except TimeoutError:
            return None
        if isinstance(message, bytes):
            self.frames.append((*_numbers(message), message[8:]))
            return None
        told = json.loads(message)
        if "push" in told:
            self.ticks.append(told)
            return None
        return told if told["id"] == number else None

    def draft(self, name: str = "two-spirals") -> dict[str, Any]:
        """A template's experiment."""
        return self.well("template", name=name)["draft"]

    def train(self, draft: dict[str, Any], *, pace: float | None = None, key: str | None = None) -> int:
        """Queue a run and return its number."""
        return self.well("train", draft=draft, pace=pace, key=key or os.urandom(16).hex())["run"]

    def until_state(self, *states: str, seconds: float = 60.0) -> dict[str, Any]:
        """The first tick from now on that tells one of these states."""
        def look() -> dict[str, Any] | None:
            self.hear()
            return next((tick for tick in self.ticks if tick["state"] in states), None)
        return until(look, seconds, f"state {states}")


def _numbers(frame: bytes) -> tuple[int, int]:
    return int.from_bytes(frame[:4], "little"), int.from_bytes(frame[4:8], "little")


@dataclass
class App:
    """A running app with a store of its own."""

    port: int
    store: Path
    process: subprocess.Popen[bytes]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def page(self, **headers: str) -> Page:
        """A new connection to the live route."""
        return Page(self.port, **headers)

    def kill(self) -> None:
        """End the web process the hard way."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """End the web process, and wait until nobody works on the store any more."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        left = self.workers()
        for process in left:  # not asked to finish: nobody waits for the answers they work on
            _kill(process)
        psutil.wait_procs(left, timeout=8)

    def workers(self) -> list[psutil.Process]:
        """The dispatcher and what it started: the processes whose command names this store."""
        own = str(self.store)
        found = [process for process in psutil.process_iter(["cmdline"])
                 if own in (process.info["cmdline"] or [])]
        return [*found, *(child for process in found for child in _children(process))]


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()


def start_app(store: Path, port: int | None = None, idle: float = 5.0, **environment: str) -> App:
    """Start the app on a store and wait until it answers."""
    port = port or free_port()
    store.mkdir(parents=True, exist_ok=True)
    log = store.parent / f"web-{port}.log"
    settings = {**os.environ, "LAYERSCOPE_STORE": str(store), "LAYERSCOPE_IDLE": str(idle),
                "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", **environment}
    command = [sys.executable, "-m", "core.runtime.start", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=settings, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=out, start_new_session=True)
    app = App(port, store, process, log, environment)

    def up() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return httpx.get(f"{app.url}/_stcore/health").status_code == 200
        except httpx.TransportError:
            return False

    until(up, 30, "the app answering")
    return app


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for the tests of a session that leave it as they found it."""
    running = start_app(tmp_path_factory.mktemp("app") / "store")
    yield running
    running.end()


@pytest.fixture
def own_app(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Starts apps that only this test uses."""
    started: list[App] = []

    def start(**settings: Any) -> App:
        started.append(start_app(settings.pop("store", tmp_path / "store"), **settings))
        return started[-1]

    yield start
    for one in reversed(started):
        one.end()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    return chromium_path()


def chromium_path() -> str:
    """$CHROMIUM, or where one usually is."""
    found = os.environ.get("CHROMIUM") or next((path for path in BROWSERS if Path(path).exists()), None)
    assert found, "There is no Chromium. Install one, or name it in $CHROMIUM."
    return found
