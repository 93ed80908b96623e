"""A run's network as a service on this machine: JSON in, JSON out, nobody else's door."""

import contextlib
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from core.export.given import columns, from_json, inputs, size
from core.export.predict import Predictor
from core.problems import Problem, Problems
from core.records import Run
from core.runtime import exports
from core.runtime.follow import as_json
from core.runtime.guard import Guard
from core.runtime.requests import LARGEST

ADDRESS = "127.0.0.1"


def serve(store: Path, run: Run, port: int, tell: Callable[[str], None]) -> None:
    """Answer until interrupted. port: 0 takes a free one. Raises Problems: no weights, no such port."""
    predictor = Predictor(exports.learned(store, run))
    with door(port) as held:
        number = held.getsockname()[1]
        tell(f"Run {run.id} answers at http://{ADDRESS}:{number}/predict   (Ctrl+C ends it)")
        server = uvicorn.Server(uvicorn.Config(
            Guard(service(predictor, run)), log_level="warning", access_log=False, lifespan="off", ws="none"))
        with contextlib.suppress(KeyboardInterrupt):  # it has closed its connections when it says so
            server.run(sockets=[held])


def door(port: int) -> socket.socket:
    """A port of this machine, taken. Raises Problems when it cannot be had."""
    if not (port == 0 or 1024 <= port <= 65535):
        raise Problems(Problem(where="port", what=f"{port} is not a port anybody may take.",
                               fix="Choose a number from 1024 to 65535, or 0 for a free one."))
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((ADDRESS, port))
    except OSError as error:
        held.close()
        raise Problems(Problem(where="port", what=f"Port {port} cannot be used ({error.strerror}).",
                               fix=f"Choose another, --port {port % 65535 + 1}, or --port 0 for a free one.",
                               )) from None
    return held


def service(predictor: Predictor, run: Run) -> Starlette:
    """What is answered: / says what this is, /predict what the network says of samples."""
    told = about(predictor, run)

    async def index(request: Request) -> Response:
        return _reply(told)

    async def predict(request: Request) -> Response:
        try:
            return _reply(await run_in_threadpool(_rows, predictor, await _body(request)))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except _TooLarge as refused:
            return _refusal(413, *refused.problems)
        except Problems as refused:
            return _refusal(400, *refused.problems)

    return Starlette(routes=[Route("/", index), Route("/predict", predict, methods=["POST"])])


def about(predictor: Predictor, run: Run) -> dict[str, Any]:
    """What the service is, what it wants, and one example."""
    data = predictor.experiment.data
    return {
        "name": run.name, "run": run.id, "task": data.task.kind, "target": data.task.target,
        "classes": list(data.task.classes), "shape": list(size(data)), "columns": list(columns(data)),
        "predict": "POST /predict with a JSON list of samples, each of this shape",
        "example": [predictor.example()]}


class _TooLarge(Problems):
    """A request that is not read to its end."""


async def _body(request: Request) -> bytes:
    """What was sent. Raises _TooLarge, and ClientDisconnect when the sender is gone before its end."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise _TooLarge(Problem(where="body", what=f"It is larger than {LARGEST // 2**20} MB.",
                                    fix="Send fewer samples at a time."))
    return body


def _rows(predictor: Predictor, body: bytes) -> list[dict[str, Any]]:
    rows = from_json("body", body)
    return predictor.rows(inputs("body", rows, predictor.experiment.data))


def _refusal(status: int, *problems: Problem) -> Response:
    return _reply({"problems": [problem.model_dump() for problem in problems]}, status)


def _reply(content: Mapping[str, Any] | list[dict[str, Any]], status: int = 200) -> Response:
    return Response(as_json(content) + "\n", status, media_type="application/json")
