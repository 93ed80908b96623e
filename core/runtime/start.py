"""Starts the app on this machine and prints its address: `python -m core.runtime.start --port 8600`."""

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path

ADDRESS = "127.0.0.1"


def main(arguments: list[str] | None = None) -> int:
    """Exit code 2, with one line that says the way out, when the port cannot be used."""
    parser = argparse.ArgumentParser(prog="core.runtime.start", description="Start Layerscope.")
    parser.add_argument("--port", default="8600", help="a free port, 1024 to 65535")
    port = parser.parse_args(arguments).port
    if trouble := port_trouble(port):
        print(trouble, file=sys.stderr)
        return 2
    print(f"Layerscope: http://{ADDRESS}:{port}   (Ctrl+C ends it; runs go on without it)", flush=True)
    app = Path(__file__).resolve().parents[2] / "app.py"
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", port]
    if os.name == "posix":
        os.execv(command[0], command)
    return subprocess.call(command)


def port_trouble(port: str) -> str | None:
    """What is wrong with a port and the way out; None when it is free."""
    if not port.isascii() or not port.isdigit() or not 1024 <= int(port) <= 65535:
        return f"{port!r} is not a port. Choose a number from 1024 to 65535: make run PORT=8600"
    if _free(int(port)):
        return None
    near = range(int(port) + 1, min(int(port) + 100, 65536))
    other = next((candidate for candidate in near if _free(candidate)), 8600)
    return (f"Port {port} is in use, perhaps by Layerscope itself: look at http://{ADDRESS}:{port}. "
            f"Or choose another: make run PORT={other}")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
