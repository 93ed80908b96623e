"""Protects who may reach the app and what it gives away: loopback, hosts, origins, routes, configuration."""

import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from core.charts import theme
from core.runtime import locks, paths, start
from core.runtime.guard import same_origin
from core.store.catalog import Catalog
from tests.conftest import ROOT, App, free_port

# What reliability S1 and S2 ask of the configuration. A change here is a decision, not a slip.
EXPECTED = {
    "server": {"address": "127.0.0.1", "allowedHosts": ["localhost", "127.0.0.1", "::1"], "enableCORS": True,
               "enableXsrfProtection": True, "xsrfCookieSameSite": "strict", "enableStaticServing": False,
               "enableAgentApi": False, "fileWatcherType": "none", "runOnSave": False, "headless": True},
    "browser": {"gatherUsageStats": False},
    "runner": {"postScriptGC": False, "magicEnabled": False},
    "client": {"showErrorDetails": "none", "showErrorLinks": False, "showSidebarNavigation": False},
}

# Every route of the running server. A new one fails here until somebody has thought about who may call it.
ROUTES = {
    "WebSocket /api/studio",
    "WebSocket /_stcore/stream",
    "GET HEAD /_stcore/health", "OPTIONS /_stcore/health",
    "GET HEAD /_stcore/host-config",
    "GET HEAD /_stcore/bidi-components/{path:path}", "OPTIONS /_stcore/bidi-components/{path:path}",
    "GET HEAD /component/{path:path}", "OPTIONS /component/{path:path}",
    "GET HEAD /media/{file_id:path}", "OPTIONS /media/{file_id:path}",
    "Mount ",  # Streamlit's own page and its files
    # Closed by the guard:
    "GET HEAD /_stcore/metrics", "OPTIONS /_stcore/metrics",
    "PUT /_stcore/upload_file/{session_id}/{file_id}", "DELETE /_stcore/upload_file/{session_id}/{file_id}",
    "OPTIONS /_stcore/upload_file/{session_id}/{file_id}",
    "GET HEAD /auth/login", "GET HEAD /auth/logout", "GET HEAD /oauth2callback",
    *(f"DELETE GET HEAD OPTIONS PATCH POST PUT /_stcore/agent/{name}"
      for name in ("interact", "openapi.json", "mcp")),
}


def python(*words: str, folder: Path = ROOT, store: Path | None = None, **more: str):
    """A Python process that ended, and what it said."""
    own = {"LAYERSCOPE_STORE": str(store), "LAYERSCOPE_IDLE": "0.1"} if store else {}
    return subprocess.run([sys.executable, *words], cwd=folder, env={**os.environ, **own, **more}, timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


@contextmanager
def dispatcher_place_taken(store: Path) -> Iterator[None]:
    """No dispatcher is started for the store: this process says it is the one."""
    Catalog(store).close()
    lock = locks.take(paths.jobs_lock(store))
    assert lock is not None
    lock.sign(version=paths.code_version())
    yield
    lock.release()


def configuration() -> dict:
    return tomllib.loads((ROOT / ".streamlit/config.toml").read_text())


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_exact(name):
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    exact = r"-r \S+|[A-Za-z-]+(\[\w+\])?==[\d.]+"
    loose = [line for line in lines if line and not re.fullmatch(exact, line)]
    assert not loose


def test_the_configuration_is_the_safe_one():
    told = configuration()
    for section, options in EXPECTED.items():
        assert {name: told[section].get(name) for name in options} == options


def test_every_option_is_one_this_streamlit_knows(tmp_path):
    code = "import streamlit.config as c; print(*c.get_config_options())"
    known = python("-c", code, folder=tmp_path)
    flat = {f"{section}.{name}" for section, options in configuration().items() for name in options
            if not isinstance(options[name], dict)}
    assert flat <= set(known.stdout.split())


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_page_has_the_colours_of_the_theme(mode):
    told, tokens = configuration()["theme"][mode], theme.palette()[mode]
    names = {"primaryColor": "accent", "backgroundColor": "surface", "secondaryBackgroundColor": "panel",
             "textColor": "text", "linkColor": "accent", "borderColor": "line"}
    assert told == {option: tokens[token] for option, token in names.items()}


ADDRESSES = [("127.0.0.1", 0), ("localhost", 0), ("::1", 0), ("0.0.0.0", 2), ("::", 2), ("", 2),
             ("192.168.1.7", 2), ("10.0.0.1", 2), ("example.org", 2), ("127.0.0.1.evil.example", 2),
             ("127.0.0.2", 2), ("*", 2)]


OPENS = """
import contextlib, io, json, sys
from core.runtime import server
told = {}
for address in sys.argv[1:]:
    said, code = io.StringIO(), 0
    with contextlib.redirect_stderr(said):
        try:
            server.open_up(address or None).staying.end()
        except SystemExit as left:
            code = left.code
    told[address] = [code, said.getvalue().strip().splitlines()]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """What opening up at each address came to, in one process: exit code and lines said."""
    store = tmp_path_factory.mktemp("opened") / "store"
    with dispatcher_place_taken(store):
        done = python("-c", OPENS, *(address for address, _ in ADDRESSES), store=store)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("address", "code"), ADDRESSES)
def test_only_this_machine_is_listened_on(opened, address, code):
    left, lines = opened[address]
    assert left == code, lines
    assert len(lines) == (1 if code else 0), lines
    assert not code or "tunnel" in lines[0]


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_the_server_itself_refuses_to_be_public(tmp_path, address):
    done = python("-m", "streamlit", "run", "app.py", "--server.address", address, "--server.port",
                  str(free_port()), store=tmp_path / "store")
    assert done.returncode == 2
    assert "no log-in" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "store").exists()


def test_a_store_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    done = python("-m", "core.runtime.start", "--port", str(free_port()), store=tmp_path / "file" / "store")
    assert done.returncode == 2
    assert "Choose another store folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_one_clear_line_with_the_way_out():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = python("-m", "core.runtime.start", "--port", port)
    assert done.returncode == 2
    assert re.fullmatch(rf"Port {port} is in use, .* make run PORT=\d+\n", done.stderr)
    assert done.stdout == ""


@pytest.mark.parametrize("port", ["0", "80", "65536", "-1", "eighty", "8600x", "", "٨٦٠٠"])
def test_a_port_that_is_none_is_told(port):
    assert "1024 to 65535" in (start.port_trouble(port) or "")


BAD_PAIRS = [
    ("evil.example", "http://evil.example"), ("evil.example:{port}", "http://evil.example:{port}"),
    ("127.0.0.1:{port}", "http://evil.example"), ("127.0.0.1:{port}", "http://127.0.0.1"),
    ("127.0.0.1:{port}", "http://127.0.0.1:1"), ("127.0.0.1:{port}", "http://localhost:{port}"),
    ("localhost:{port}", "http://127.0.0.1:{port}"), ("127.0.0.1:{port}", "null"), ("127.0.0.1:{port}", ""),
    ("127.0.0.1:{port}", None), ("127.0.0.1:{port}", "file://127.0.0.1:{port}"),
    ("127.0.0.1:{port}", "http://127.0.0.1:{port}.evil.example"),
    ("127.0.0.1:{port}", "http://evil.example/127.0.0.1:{port}"),
    ("127.0.0.1:{port}", "http://127.0.0.1:{port}@evil.example"),
    ("127.0.0.1.evil.example", "http://127.0.0.1.evil.example"), ("localhost.evil.example", "http://localhost"),
    ("evil.example@127.0.0.1:{port}", "http://evil.example@127.0.0.1:{port}"), ("0.0.0.0:{port}", "http://0.0.0.0:{port}"),
    ("127.0.0.1:{port}/x", "http://127.0.0.1:{port}/x"), ("2130706433:{port}", "http://2130706433:{port}"),
    ("127.0.0.1:x", "http://127.0.0.1:x"), ("[::1", "http://[::1"),
]


@pytest.mark.parametrize("path", ["/api/studio", "/_stcore/stream"])
def test_strange_hosts_and_origins_are_refused(app: App, path):
    answers = {(host, origin): upgrade(app.port, path, host.format(port=app.port),
                                       origin and origin.format(port=app.port)) for host, origin in BAD_PAIRS}
    accepted = [pair for pair, status in answers.items() if status == 101]
    assert len(answers) >= 20
    assert not accepted


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_our_own_pages_are_let_in(app: App, host):
    assert upgrade(app.port, "/api/studio", f"{host}:{app.port}", f"http://{host}:{app.port}") == 101


def test_two_hosts_or_two_origins_are_refused(app: App):
    good = [f"Host: 127.0.0.1:{app.port}", f"Origin: http://127.0.0.1:{app.port}"]
    assert handshake(app.port, "/api/studio", good) == 101
    assert handshake(app.port, "/api/studio", [*good, "Origin: http://evil.example"]) != 101
    assert handshake(app.port, "/api/studio", [*good, "Host: evil.example"]) != 101


def upgrade(port: int, path: str, host: str, origin: str | None) -> int:
    return handshake(port, path, [f"Host: {host}", *([] if origin is None else [f"Origin: {origin}"])])


def handshake(port: int, path: str, headers: list[str]) -> int:
    """The status a WebSocket handshake with exactly these headers gets; 0 when the line is just closed."""
    lines = [f"GET {path} HTTP/1.1", *headers, "Connection: Upgrade", "Upgrade: websocket",
             "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall("\r\n".join(lines).encode())
        first = line.recv(4096).split(b"\r\n")[0].split()
    return int(first[1]) if len(first) > 1 else 0


def test_a_page_under_a_strange_name_gets_nothing(app: App):
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/static/", "/runs"):
        assert httpx.get(app.url + path, headers={"Host": "evil.example"}).status_code == 403
        assert httpx.get(app.url + path, headers={"Origin": "http://evil.example"}).status_code == 403


def test_every_answer_carries_the_protective_headers(app: App):
    for path in ("/", "/_stcore/health", "/nothing-here", "/runs"):
        headers = httpx.get(app.url + path).headers
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers.get("Access-Control-Allow-Origin", "") != "*"


@pytest.mark.parametrize(("origin", "host", "same"), [
    ("http://localhost:8600", "localhost:8600", True), ("https://LOCALHOST", "localhost", True),
    ("http://localhost", "localhost:8600", False), ("localhost:8600", "localhost:8600", False),
    ("null", "null", False), ("", "", False)])
def test_the_same_origin_is_told(origin, host, same):
    assert same_origin(origin, host) is same


def test_the_web_process_has_no_torch_in_its_memory(app: App):
    with app.page() as page:
        page.well("catalogue")
        page.well("look", draft=page.draft(), run=None, sample=0)
    if sys.platform == "linux":
        maps = Path(f"/proc/{app.process.pid}/maps").read_text()
        assert not re.findall(r"libtorch|libc10|/sklearn/|/scipy/", maps)
    assert psutil.Process(app.process.pid).memory_info().rss < 350e6


def test_no_route_appears_unnoticed(tmp_path):
    """The routes Streamlit and we serve, as the server builds them."""
    script = """
import json, app
from starlette.routing import Mount, Route
def said(route):
    named = type(route).__name__.removesuffix("Route")
    methods = sorted(route.methods) if isinstance(route, Route) else [named]
    return " ".join([*methods, route.path])
print(json.dumps([said(route) for route in app.app._build_starlette_app().routes]))
app.house.staying.end()
"""
    with dispatcher_place_taken(tmp_path / "store"):
        done = python("-c", script, store=tmp_path / "store", STREAMLIT_SERVER_ADDRESS="127.0.0.1")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout.splitlines()[-1])) == ROUTES


@pytest.mark.parametrize("path", ["/_stcore/upload_file/a/b", "/_stcore/agent/mcp", "/_stcore/agent/interact",
                                  "/_stcore/metrics", "/auth/login", "/oauth2callback"])
def test_doors_nobody_uses_are_closed(app: App, path):
    for method in ("GET", "PUT", "POST", "DELETE", "OPTIONS"):
        assert httpx.request(method, app.url + path).status_code == 404


def test_an_unknown_path_serves_no_file(app: App):
    ours = "/_stcore/bidi-components/layerscope.studio"
    for path in ("/app.py", "/core/plain.py", "/runs/catalog.sqlite", "/..%2f..%2fetc/passwd",
                 "/.streamlit/config.toml", f"{ours}/..%2f..%2f..%2fapp.py", f"{ours}/../../../app.py",
                 "/component/x/../../../../etc/passwd"):
        answer = httpx.get(app.url + path)
        assert answer.status_code in (400, 403, 404) or "<title>Streamlit</title>" in answer.text, path
        assert "root:" not in answer.text


def test_the_live_route_takes_no_plain_request(app: App):
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        answer = httpx.request(method, f"{app.url}/api/studio")
        assert answer.status_code in (404, 405) or "<title>Streamlit</title>" in answer.text


def test_streamlits_own_socket_still_works_for_a_page(app: App):
    with connect(f"ws://127.0.0.1:{app.port}/_stcore/stream", origin=app.url, subprotocols=["streamlit"]):
        pass
    with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{app.port}/_stcore/stream",
                                               origin="http://localhost:3000", subprotocols=["streamlit"]):
        pass
