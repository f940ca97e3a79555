"""The app as both of its commands start it, alone and behind the proxies of docs/deploying.md."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.sync.connection import Connection
from websockets.typing import Origin, Subprotocol

from core.api.parts import Limits
from core.settings import SETTINGS
from tests.browser.conftest import App, free_port, running, wait_until_healthy
from tests.doc_pages import commands
from tests.supabase_server import MissingPartError
from tests.supabase_server.plugin import got

EXAMPLES: Final = Path(__file__).resolve().parents[1] / "docs" / "examples"
NAME: Final = "tunesmith.example.org"
PAGE: Final = "docs/deploying.md"
# An open page has to let go of it within this time, on a busy machine too.
STOP_SECONDS: Final = 30
# Of a request, on a machine that does something else beside.
PATIENCE: Final = 60
TLS_TRIES: Final = 3

STREAMLIT: Final = ("-m", "streamlit", "run", "app.py", "--server.headless", "true")
UVICORN: Final = ("-m", "uvicorn", "app:app", "--ws-per-message-deflate", "false")


def started_by(way: str, port: int) -> list[str]:
    """The command of a way to start the app, at a port of this machine only."""
    if way == "streamlit":
        return [*STREAMLIT, "--server.address", "127.0.0.1", "--server.port", str(port)]
    return [*UVICORN, "--host", "127.0.0.1", "--port", str(port)]


@contextmanager
def serving(
    way: str, project: Path, home: Path, base: str = ""
) -> Iterator[tuple[App, subprocess.Popen[bytes]]]:
    """The app in a process of its own, until it is healthy."""
    port = free_port()
    app = App(f"http://127.0.0.1:{port}{base}", home / "server.log")
    options = ["--server.baseUrlPath", base] if base else []
    command = [sys.executable, *started_by(way, port), *options]
    with app.log.open("wb") as log, running(command, project, home, log.fileno()) as server:
        wait_until_healthy(app, server)
        yield app, server


def opened(url: str, context: ssl.SSLContext | None = None, origin: str = "") -> ClientConnection:
    """A WebSocket as the browser opens it from a page of the app."""
    # websockets reads and writes in two threads, and OpenSSL does not bear that: over TLS about one
    # request in a hundred never left this process, and the proxy waited for it.
    for _ in range(TLS_TRIES if context else 0):
        with suppress(TimeoutError):
            return _opened(url, context, origin, PATIENCE / 10)
    return _opened(url, context, origin, PATIENCE)


def _opened(
    url: str, context: ssl.SSLContext | None, origin: str, patience: float
) -> ClientConnection:
    return connect(
        url.replace("http", "ws", 1) + "/_stcore/stream",
        ssl=context,
        origin=Origin(origin or url),
        subprotocols=[Subprotocol("streamlit")],
        max_size=None,
        open_timeout=patience,
        proxy=None,
    )


def first_run(page: Connection) -> list[ForwardMsg]:
    """What the server sends until the page is drawn."""
    asked = BackMsg()
    asked.rerun_script.query_string = ""
    page.send(asked.SerializeToString())
    found: list[ForwardMsg] = []
    while not found or found[-1].WhichOneof("type") != "script_finished":
        message = ForwardMsg()
        message.ParseFromString(page.recv(timeout=60, decode=False))
        found.append(message)
    return found


def pictures(messages: list[ForwardMsg]) -> list[str]:
    """The addresses of what stands above the sidebar and in the browser's tab."""
    logos = [one.logo.image for one in messages if one.WhichOneof("type") == "logo"]
    icons = [one.page_config_changed.favicon for one in messages]
    return [address for address in (*logos, *icons) if address]


# --- Both commands -----------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["streamlit", "uvicorn"])
def test_both_commands_serve_pages_sockets_and_the_api_and_stop_when_asked(
    way: str, project: Path, tmp_path: Path
) -> None:
    with serving(way, project, tmp_path) as (app, server):
        with httpx.Client(base_url=app.url, timeout=PATIENCE) as client:
            front = client.get("/")
            assert front.headers["content-security-policy"]
            assert front.headers["x-content-type-options"] == "nosniff"
            judged = client.post("/api/training/validate", json={"config_text": "{}"})
            assert judged.json()["is_valid"] is False
        page = opened(app.url)
        messages = first_run(page)
        started = next(one for one in messages if one.WhichOneof("type") == "new_session")
        # .streamlit/config.toml was read: its theme, and no compression that costs time.
        assert started.new_session.custom_theme.base_font_size == 14
        assert page.protocol.extensions == []
        # No run needs a file for them.
        kinds = [address.partition(";")[0] for address in pictures(messages)]
        assert kinds == ["data:image/svg+xml", "data:image/png"]
        with pytest.raises(InvalidStatus, match="403"):
            opened(app.url, origin="http://elsewhere.example.org")
        server.send_signal(signal.SIGTERM)
        # Uvicorn ends by the signal once everything is closed.
        assert server.wait(STOP_SECONDS) == -signal.SIGTERM
        page.close()
    text = app.log.read_text(encoding="utf-8")
    assert "Traceback" not in text
    # Who asked for what is for a proxy to write down.
    assert "/api/training/validate" not in text


def test_the_page_tells_both_commands() -> None:
    told = [command.bare for command in commands(PAGE)]
    assert any(" ".join(STREAMLIT[1:4]) in one for one in told)
    assert any(" ".join(UVICORN[1:]) in one for one in told)


def test_the_service_starts_as_the_page_says() -> None:
    unit = (EXAMPLES / "tunesmith.service").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line[:40])
    started = " ".join(lines["ExecStart"].split())
    assert f"/.venv/bin/python {' '.join(STREAMLIT)} --server.address 127.0.0.1" in started
    variable, _, folder = lines["Environment"].partition("=")
    assert variable in {setting.variable for setting in SETTINGS}
    assert folder == f"/var/lib/{lines['StateDirectory']}"


# --- Behind a proxy ----------------------------------------------------------------------------

# Makes the command of a proxy: its folder, the app behind it, its ports for TLS and without.
Proxy = Callable[[Path, App, int, int], list[str]]

# Debian keeps servers where only root looks.
SEARCHED: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def program(name: str) -> str:
    """Where a proxy is."""
    found = shutil.which(name, path=SEARCHED)
    if found is None:
        raise MissingPartError(name, f"Tests of the proxy need {name} (Debian: {name}).")
    return found


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of its own for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    kind = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, kind, plain))
    return files


def nginx(folder: Path, app: App, port: int, plain: int) -> list[str]:
    """The command for nginx with our example, changed where a reader has to change it."""
    made, key = certificate(folder)
    site = (EXAMPLES / "nginx.conf").read_text(encoding="utf-8")
    place = f"/etc/letsencrypt/live/{NAME}"
    for old, new in {
        "server 127.0.0.1:8501;": f"server {app.url.removeprefix('http://')};",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        f"{place}/fullchain.pem": str(made),
        f"{place}/privkey.pem": str(key),
    }.items():
        assert old in site
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site.replace(NAME, "localhost"), encoding="utf-8")
    paths = "".join(
        f"{name}_temp_path {folder / name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder / 'nginx.pid'};\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}include {folder / 'site.conf'};\n}}\n",
        encoding="utf-8",
    )
    return [program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, app: App, port: int, plain: int) -> list[str]:
    """The command for Caddy with our example."""
    made, key = certificate(folder)
    site = (EXAMPLES / "Caddyfile").read_text(encoding="utf-8")
    site = site.replace("127.0.0.1:8501", app.url.removeprefix("http://"))
    site = site.replace(f"{NAME} {{", f"https://localhost:{port} {{\n\ttls {made} {key}")
    head = (
        f"{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port {plain}\n\thttps_port {port}\n}}\n"
    )
    (folder / "Caddyfile").write_text(head + site, encoding="utf-8")
    return [
        program("caddy"),
        "run",
        "--adapter",
        "caddyfile",
        "--config",
        str(folder / "Caddyfile"),
    ]


@pytest.fixture(params=[nginx, caddy])
def proxy(request: pytest.FixtureRequest) -> Proxy:
    """A proxy of the docs, if its program is there."""
    made: Proxy = request.param
    got(request.config, lambda: program(made.__name__))
    return made


@contextmanager
def proxied(proxy: Proxy, folder: Path, app: App) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Clients of the proxy: over TLS, and over plain HTTP."""
    port, plain = free_port(), free_port()
    command = proxy(folder, app, port, plain)
    trusted = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
    with (
        (folder / "proxy.log").open("wb") as log,
        running(command, folder, folder, log.fileno()),
        httpx.Client(
            base_url=f"https://localhost:{port}", verify=trusted, timeout=PATIENCE
        ) as secure,
        httpx.Client(base_url=f"http://localhost:{plain}", timeout=PATIENCE) as open_to_all,
    ):
        wait_until_listens(port)
        yield secure, open_to_all


def wait_until_listens(port: int) -> None:
    end = time.monotonic() + STOP_SECONDS
    while time.monotonic() < end:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


def test_behind_a_proxy_pages_and_sockets_go_over_tls(
    proxy: Proxy, project: Path, tmp_path: Path
) -> None:
    with (
        serving("streamlit", project, tmp_path) as (app, _),
        proxied(proxy, tmp_path, app) as (client, plain),
    ):
        address = str(client.base_url).rstrip("/")
        sent_on = plain.get("/library?q=lora")
        assert sent_on.status_code in (301, 308)
        assert sent_on.headers["location"].startswith("https://localhost")
        front = client.get("/")
        assert front.headers["strict-transport-security"] == "max-age=31536000"
        assert "frame-ancestors 'none'" in front.headers["content-security-policy"]
        script = re.search(r"static/js/[^\"]+", front.text)
        assert script
        compressed = client.get(script[0], headers={"accept-encoding": "gzip"})
        assert compressed.headers["content-encoding"] == "gzip"
        context = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        with opened(address, context) as page:
            assert first_run(page)
        with pytest.raises(InvalidStatus, match="403"):
            opened(address, context, origin="https://elsewhere.example.org")


def test_behind_a_proxy_the_cookie_is_of_https_and_an_address_can_not_be_made_up(
    proxy: Proxy, project: Path, tmp_path: Path
) -> None:
    with (
        serving("uvicorn", project, tmp_path) as (app, _),
        proxied(proxy, tmp_path, app) as (client, _),
    ):
        address = str(client.base_url).rstrip("/")
        ended = client.post("/session/end", json={}, headers={"origin": address})
        assert ended.status_code == 204
        assert ended.headers["set-cookie"].startswith("__Host-tunesmith-")
        assert "Secure" in ended.headers["set-cookie"]
        assert client.get("/_stcore/metrics").status_code == 404
        too_long = client.post("/api/training/validate", content=b"x" * 4 * 1024**2)
        assert too_long.status_code == 413
        codes = [
            client.get("/api/training/presets", headers={"x-forwarded-for": f"192.0.2.{number}"})
            for number in range(Limits().per_address + 1)
        ]
        assert codes[-1].status_code == 429


def test_below_a_path_of_a_site(pytestconfig: pytest.Config, project: Path, tmp_path: Path) -> None:
    got(pytestconfig, lambda: program("nginx"))
    with (
        serving("streamlit", project, tmp_path, base="/tunesmith") as (app, _),
        # The example stands as it is: the path goes through unchanged.
        proxied(nginx, tmp_path, App(app.url.removesuffix("/tunesmith"), app.log)) as (client, _),
    ):
        assert client.get("/tunesmith/").status_code == 200
        assert client.get("/tunesmith/api/training/presets").status_code == 200
        assert client.get("/tunesmith/_stcore/metrics").status_code == 404
        context = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        url = str(client.base_url).rstrip("/")
        with opened(f"{url}/tunesmith", context, origin=url) as page:
            assert first_run(page)
