"""What the web process does once, before its first visitor. It computes nothing and never imports torch."""

import gc
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from core.problems import StoreTrouble
from core.runtime import client, paths, stream
from core.runtime.client import Stay
from core.runtime.guard import HOSTS, Guard


@dataclass(frozen=True)
class House:
    """An open house: its store, and the promise that a dispatcher works on it while this process lives."""

    store: Path
    staying: Stay

    def routes(self) -> list[BaseRoute]:
        """The routes beside Streamlit's own."""
        return [stream.route(self.store)]

    def middleware(self) -> list[Middleware]:
        """What every request passes first."""
        return [Middleware(Guard)]


def open_up(address: str | None) -> House:
    """Make the store ready, with a dispatcher at work. Exits with 2, and says why, when that cannot be.

    address: where Streamlit was told to listen; nothing but this machine will do.
    """
    if address not in HOSTS:
        _refuse(f"Layerscope has no log-in, so it cannot listen on {address or 'every address'}. Leave "
                "server.address at 127.0.0.1; from elsewhere, use a tunnel: ssh -L 8600:localhost:8600 HOST")
    store = paths.store()
    try:
        staying = client.stay(store, float(os.environ.get("LAYERSCOPE_IDLE", client.IDLE)))
        client.system(store, patience=0)  # asked now, known when the first page wants it
    except StoreTrouble as trouble:
        _refuse(str(trouble))
    gc.collect()
    gc.freeze()  # what is loaded stays: no collection walks it again
    return House(store, staying)


def _refuse(line: str) -> NoReturn:
    print(line, file=sys.stderr, flush=True)
    sys.exit(2)
