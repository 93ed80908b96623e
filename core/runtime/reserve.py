"""Reserve: a little of the disk kept back, so that even on a full one there is room to say so."""

import os
from pathlib import Path

from core.problems import StoreTrouble
from core.store.trouble import told

_BYTES = 512 * 1024


class Reserve:
    """A file that holds its place until it is given up."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.hold()

    def hold(self) -> bool:
        """Whether the place is held now: False while the disk is too full for it."""
        try:
            with told(self._path), self._path.open("wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, _BYTES)
                else:
                    file.write(os.urandom(_BYTES))
        except StoreTrouble:
            self.give_up()
            return False
        return True

    def give_up(self) -> None:
        """Make the place free."""
        self._path.unlink(missing_ok=True)
