"""Protects the service of a run: the same rows as predict, problems told, and nobody else's door."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from core import __main__ as command_line
from core.engine import weights
from core.engine.beginning import initial
from core.experiment import templates
from core.experiment.model import write
from core.export.predict import Predictor
from core.problems import Problems
from core.records import RunState
from core.runtime import exports, paths, serve
from core.runtime.guard import Guard
from core.runtime.requests import LARGEST
from core.store import files
from core.store.catalog import Catalog
from tests.conftest import ROOT, until
from tests.experiment.written import pinned


def trained(store: Path, name: str = "iris", *, over: bool = True) -> int:
    """A run with weights."""
    asked = pinned(templates.template(name).experiment)
    with closing(Catalog(store)) as catalog:
        run = catalog.add_run(write(asked), f"My {name}", name, None, "accuracy")
        files.make_folder(files.run_folder(store, run))
        for state in (RunState.STARTING, RunState.RUNNING, *([RunState.FINISHED] if over else [])):
            catalog.set_state(run, state)
    if over:
        weights.write(paths.weights(store, run), initial(asked))
    return run


def apart(asked: Coroutine[Any, Any, Any]) -> Any:
    """Waits for it in a thread of its own: beside a browser, a loop may run in this one already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asked).result()


class Asked:
    """The service, asked without a network between."""

    def __init__(self, app: Any) -> None:
        self.app = Guard(app)
        self._door = httpx.ASGITransport(app=self.app)

    def get(self, path: str, **how: Any) -> httpx.Response:
        return apart(self._ask("GET", path, **how))

    def post(self, path: str, **how: Any) -> httpx.Response:
        return apart(self._ask("POST", path, **how))

    async def _ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._door, base_url="http://127.0.0.1") as door:
            return await door.request(method, path, **how)


def client(store: Path, run: int) -> Asked:
    """The service of a run."""
    with closing(Catalog(store)) as catalog:
        row = catalog.run(run)
    return Asked(serve.service(Predictor(exports.learned(store, row)), row))


@pytest.fixture
def iris(tmp_path: Path) -> "Asked":
    """Iris, served."""
    return client(tmp_path, trained(tmp_path))


@pytest.mark.parametrize("name", ["iris", "diabetes", "two-spirals", "digits-cnn"])
def test_the_example_is_answered_as_predict_answers(
        name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = trained(tmp_path, name)
    served = client(tmp_path, run)
    told = served.get("/").json()
    assert (told["run"], told["name"]) == (run, f"My {name}")
    given = tmp_path / "given.json"
    given.write_text(json.dumps(told["example"]))
    command_line.main(["predict", str(run), "--input", str(given), "--store", str(tmp_path), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert served.post("/predict", content=given.read_bytes()).json() == said
    assert len(said) == 1


@pytest.mark.parametrize(("body", "word"), [
    (b"{", "not JSON"), (b"\xff", "not JSON"), (b"[[1, 2]]", "2 numbers, not 4"), (b"[]", "no samples"),
    (b"[[1, 2, 3, NaN]]", "not finite"), (b'"x"', "no samples"), (b"[" * 5000, "not JSON")])
def test_bad_input_is_told(body: bytes, word: str, iris: Asked) -> None:
    reply = iris.post("/predict", content=body)
    assert reply.status_code == 400
    (problem,) = reply.json()["problems"]
    assert word in problem["what"]
    assert problem["fix"]


def test_too_large_a_request_is_refused(iris: Asked) -> None:
    reply = iris.post("/predict", content=b" " * (LARGEST + 1))
    assert reply.status_code == 413
    assert "fewer samples" in reply.json()["problems"][0]["fix"]


def test_a_sender_who_goes_away_is_no_fault(iris: Asked) -> None:
    arriving = iter([{"type": "http.request", "body": b"[[1", "more_body": True},
                     {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(arriving)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/predict", "query_string": b"",
             "headers": [(b"host", b"127.0.0.1")]}
    apart(iris.app(scope, receive, send))
    assert sent[0]["status"] == 400


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
def test_another_name_or_another_page_is_refused(headers: dict[str, str], iris: Asked) -> None:
    assert iris.get("/", headers=headers).status_code == 403
    assert iris.post("/predict", content=b"[[1, 2, 3, 4]]", headers=headers).status_code == 403


def test_a_run_without_weights_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = trained(tmp_path, over=False)
    assert command_line.main(["serve", str(run), "--port", "0", "--store", str(tmp_path)]) == 2
    assert "no weights behind" in capsys.readouterr().err


def test_a_port_in_use_is_told_with_the_way_out() -> None:
    with serve.door(0) as held:
        held.listen()
        with pytest.raises(Problems, match=r"cannot be used .*--port 0 for a free one"):
            serve.door(held.getsockname()[1])
    with pytest.raises(Problems, match="80 is not a port"):
        serve.door(80)


def test_the_service_listens_here_only_and_ends_on_an_interrupt(tmp_path: Path) -> None:
    run = trained(tmp_path)
    command = [sys.executable, "-m", "core", "serve", str(run), "--port", "0", "--store", str(tmp_path)]
    process: Any = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1"})
    try:
        line = process.stdout.readline()
        address = line.split("http://")[1].split("/")[0]
        assert address.startswith("127.0.0.1:")
        found = until(lambda: _asked(f"http://{address}/"), what="an answer")
        assert found["shape"] == [4]
    finally:
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(address.split(":")[1]))) != 0


def _asked(url: str) -> dict[str, Any] | None:
    try:
        return httpx.get(url).json()
    except httpx.TransportError:
        return None
