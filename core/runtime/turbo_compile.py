"""Compiles the steps of an experiment: `python -m core.runtime.turbo_compile`.

The first line of standard input is JSON: the `path` of the file to be made, the number of `threads`, the
`experiment`. When that input ends, so does this process. The last line it prints says why, when it could not.
"""

import json
import os
import shutil
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from core.experiment import model
from core.problems import Problems

_KEPT = 50
"""Compiled files kept, a few megabytes each."""
_OLD = 3600.0
"""Seconds after which what a compilation that was killed left behind is removed."""
_NEVER_ASKED = 3
_NICE = 5
"""A quarter of a program's share at full priority: behind the run, but not for minutes behind all."""


def main() -> int:
    """Load what compiling takes, wait to be told what to compile, and do it, behind the run."""
    if sys.platform != "win32":
        os.nice(_NICE)
    os.umask(0o077)  # what is made here is a program: nobody else may change it
    os.environ.update({"OMP_NUM_THREADS": "1", "TORCHINDUCTOR_COMPILE_THREADS": "1"})
    from core.engine import turbo_made

    told: list[bytes] = []
    # Heard while it loads: a large experiment does not fit into the pipe, and the run would wait to be heard.
    hearing = threading.Thread(target=lambda: told.append(_line()), daemon=True)
    hearing.start()
    turbo_made.load()
    hearing.join()
    if not told[0]:
        return _NEVER_ASKED
    asked = json.loads(told[0])
    path = Path(asked["path"])
    _sweep(path.parent)
    with tempfile.TemporaryDirectory(prefix="tmp", dir=path.parent) as folder:
        threading.Thread(target=_end_with_parent, args=[folder], daemon=True).start()
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        try:
            turbo_made.build(model.read(asked["experiment"]), asked["threads"], path)
        except Problems as problems:
            print(problems.problems[0].what)
            return 1
        except Exception as error:  # an edge: whatever torch cannot compile trains as before
            traceback.print_exc()
            print(_why(error))
            return 1
    return 0


def _line() -> bytes:
    """The first line of standard input: past the buffer whose lock the thread below would hold."""
    line = bytearray()
    while not line.endswith(b"\n"):
        more = os.read(0, 1 << 16)
        if not more:
            return b""
        line += more
    return bytes(line)


def _why(error: Exception) -> str:
    if "InvalidCxxCompiler" in f"{type(error).__name__} {error}":
        return ("No C++ compiler was found on this machine. Install one (Linux: g++, macOS: Xcode's command "
                "line tools) for Turbo.")
    return f"Torch could not compile these steps ({type(error).__name__}). The run's log has the details."


def _end_with_parent(folder: str) -> None:
    while os.read(0, 4096):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(2)


def _sweep(folder: Path) -> None:
    """Remove what is no longer of use; another process may be doing the same."""
    for left in folder.glob("tmp*"):
        if left.is_dir() and time.time() - left.stat().st_mtime > _OLD:
            shutil.rmtree(left, ignore_errors=True)
    made = [file for file in folder.iterdir() if file.is_file()]
    for file in sorted(made, key=lambda file: file.stat().st_mtime, reverse=True)[_KEPT - 1:]:
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
