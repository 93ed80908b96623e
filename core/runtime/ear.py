"""Ear: hears what was said to a run since it listened last."""

import time

from core.problems import StoreTrouble
from core.store.catalog import Catalog

_OFTEN = 0.01
"""Seconds between two times of listening."""


class Ear:
    """Listens for one run's commands in the catalog, seldom enough to cost nothing."""

    def __init__(self, catalog: Catalog, run: int) -> None:
        self._catalog = catalog
        self._run = run
        self._heard = 0
        self._version = -1
        self._listened = -_OFTEN

    def due(self) -> bool:
        """Whether it is time to listen again."""
        now = time.monotonic()
        if now - self._listened < _OFTEN:
            return False
        self._listened = now
        return True

    def said(self) -> list[dict[str, object]]:
        """The commands since the last time. A catalog in trouble costs one time: the next tells all."""
        try:
            version = self._catalog.version()
            if version == self._version:
                return []
            said = self._catalog.commands(self._run, self._heard)
        except StoreTrouble:
            return []
        self._version = version
        self._heard = said[-1][0] if said else self._heard
        return [raw for _, raw in said]
