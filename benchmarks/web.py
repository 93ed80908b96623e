"""The web process: what it maps, and what it holds with ten people on it."""

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from benchmarks.figures import Figure
from core.experiment.model import write
from core.experiment.templates import template
from tests.conftest import App, Page, start_app, until

SESSIONS, SECONDS = 10, 20.0


def measure() -> Iterator[Figure]:
    """Start-up, memory and processor."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _busy(Path(folder) / "store")


def _busy(store: Path) -> Iterator[Figure]:
    start_app(store).end()
    began = time.perf_counter()
    app = start_app(store)
    yield Figure(
        "start, not the first",
        f"{time.perf_counter() - began:.1f} s",
        "≤ 2 s",
        time.perf_counter() - began <= 2,
    )
    try:
        yield from _ten_people(app)
    finally:
        app.end()


def _ten_people(app: App) -> Iterator[Figure]:
    """Ten browsers' worth of Streamlit sessions and live connections, all watching one run at full speed."""
    web = psutil.Process(app.process.pid)
    draft = write(template("two-spirals").experiment)
    draft["training"]["epochs"] = None
    with ExitStack() as stack:
        for number in range(SESSIONS):
            _visit(stack.enter_context(_streamlit(app)), ("", "runs", "system")[number % 3])
        pages = [stack.enter_context(app.page()) for _ in range(SESSIONS)]
        run = pages[0].train(draft)
        for page in pages:
            page.well("catalogue")
            page.well("watch", run=run, after=0)
        until(lambda: pages[0].hear() or pages[0].frames, what="a first frame")
        used, seconds = sum(web.cpu_times()[:2]), time.perf_counter()
        ticks = _listen(pages, SECONDS)
        share = (sum(web.cpu_times()[:2]) - used) / (time.perf_counter() - seconds)
        pages[0].well("command", run=run, command={"kind": "stop"})
    maps = Path(f"/proc/{web.pid}/maps")
    if maps.exists():
        found = re.findall(r"\S*lib(?:torch|c10)\S*", maps.read_text())
        yield Figure("torch libraries mapped by the web process", str(len(set(found))), "0", not found)
    resident = web.memory_info().rss / 1e6
    yield Figure(
        f"memory of the web process with {SESSIONS} sessions and live connections",
        f"{resident:.0f} MB",
        "≤ 350 MB",
        resident <= 350,
    )
    yield Figure(
        f"ticks a second for each of {SESSIONS} watchers of one run",
        f"{median(ticks):.1f} (worst {min(ticks):.1f})",
        "≥ 2",
        min(ticks) >= 2,
    )
    yield Figure(
        f"processor share of the web process with {SESSIONS} watchers",
        f"{100 * share:.0f} % of a core",
        "",
        None,
    )


def _streamlit(app: App) -> connect:
    return connect(
        f"ws://127.0.0.1:{app.port}/_stcore/stream", origin=app.url, subprotocols=["streamlit"], max_size=None
    )


def _visit(session: ClientConnection, page: str) -> None:
    """Open a page as a browser does, and wait until its script has run."""
    message = BackMsg()
    message.rerun_script.page_name = page
    session.send(message.SerializeToString())

    def done() -> bool:
        said = ForwardMsg()
        said.ParseFromString(session.recv(timeout=20))
        return said.WhichOneof("type") == "script_finished"

    until(done, 30, "a page")


def _listen(pages: list[Page], seconds: float) -> list[float]:
    """Ticks a second that each page heard."""
    before = [len(page.ticks) for page in pages]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for page in pages:
            page.hear(seconds=0.005)
            page.frames.clear()
    return [(len(page.ticks) - count) / seconds for page, count in zip(pages, before, strict=True)]
