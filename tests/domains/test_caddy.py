"""Two own hosts behind a real web server, by the guide's own configuration: each with a certificate of its
own, made when somebody first comes, and none for a name that nobody has proved."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from mainstem import domains
from mainstem.kit.db import Database
from tests.company import Company, a_company
from tests.waits import PATIENCE

CADDY = shutil.which("caddy")
needs_caddy = pytest.mark.skipif(
    CADDY is None, reason="There is no caddy on this machine: on Debian, apt-get install caddy."
)
HOSTS = ("shop.cedar.example.com", "butik.birch.example.net")
SERVE = """
from mainstem import app, flow
from mainstem.kit import settings
from mainstem.kit.db import Database
config = settings.read()
app.serve(config, Database(config.database_url, tools=flow.tools(), pool=8))
"""


def is_open(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


def free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        company = a_company(work)
        work.run("UPDATE storefront SET name = 'Shop ' || slug")
        for shop, host in zip((company.shop, company.birch_shop), HOSTS, strict=True):
            row = domains.add(work, shop.home_id, shop.id, host)
            domains.note(work, shop.home_id, row.id, "proved")
    return company


@pytest.fixture
def served(database_url: str, company: Company, tmp_path: Path) -> Iterator[int]:
    """The application as it runs in earnest, behind a proxy on this machine; its port."""
    port = free_port()
    environment = os.environ | {
        "MAINSTEM_DATA": str(tmp_path),
        "MAINSTEM_MODE": "demo",
        "MAINSTEM_DATABASE_URL": database_url,
        "MAINSTEM_PORT": str(port),
        "MAINSTEM_PROXIES": "127.0.0.1",
        "MAINSTEM_PUBLIC_URL": "https://company.example",
    }
    with subprocess.Popen([sys.executable, "-c", SERVE], env=environment) as process:
        wait_for(lambda: httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200)
        yield port
        process.terminate()


def wait_for(is_there: object) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            assert callable(is_there)
            if is_there():
                return
        except (httpx.TransportError, OSError):
            pass
        time.sleep(0.1)
    raise AssertionError("it is not there in time")


def test_two_hosts_are_two_shops_and_a_third_is_nobody(served: int) -> None:
    """What every web server before us would ask for, by plain HTTP."""
    shown = {}
    for host in (*HOSTS, "other.example.org"):
        answer = httpx.get(f"http://127.0.0.1:{served}/", headers={"host": host})
        found = re.search(r"<title>(Shop [^<]*?) [^\w<]", answer.text)
        shown[host] = found[1] if found else answer.status_code
    assert shown[HOSTS[0]] != shown[HOSTS[1]]
    assert all(str(shown[host]).startswith("Shop shop-") for host in HOSTS)
    assert shown["other.example.org"] == 400
    ask = f"http://127.0.0.1:{served}/internal/domain"
    assert [httpx.get(ask, params={"domain": host}).status_code for host in HOSTS] == [200, 200]
    assert httpx.get(ask, params={"domain": "other.example.org"}).status_code == 404
    passed_on = {"x-forwarded-for": "203.0.113.5"}
    assert httpx.get(ask, params={"domain": HOSTS[0]}, headers=passed_on).status_code == 404


def configuration(guide: Path, served: int, port: int, http: int) -> str:
    """The guide's own, on ports of this test and with certificates of Caddy's own authority."""
    block = re.search(r"```caddyfile\n(.*?)```", guide.read_text(), re.DOTALL)
    assert block
    text = block[1].replace("127.0.0.1:8400", f"127.0.0.1:{served}")
    ours = f"{{\n\tadmin off\n\tskip_install_trust\n\tlocal_certs\n\thttp_port {http}\n\thttps_port {port}\n"
    return text.replace("{\n", ours, 1)


@pytest.fixture
def caddy(served: int, root: Path, tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """Caddy before the application: its port, and whom its clients trust."""
    assert CADDY is not None
    port, file = free_port(), tmp_path / "Caddyfile"
    file.write_text(configuration(root / "docs/guides/own-domain.md", served, port, free_port()))
    homes = {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    with (
        (tmp_path / "caddy.txt").open("w") as told,
        subprocess.Popen(
            [CADDY, "run", "--config", str(file), "--adapter", "caddyfile"],
            env=os.environ | homes | {"HOME": str(tmp_path)},
            stdout=told,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        authority = tmp_path / "data/caddy/pki/authorities/local/root.crt"
        wait_for(authority.exists)
        wait_for(lambda: is_open(port))
        yield port, ssl.create_default_context(cafile=str(authority))
        process.terminate()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    transport_security: str | None


def get(caddy: tuple[int, ssl.SSLContext], host: str, path: str = "/") -> Answer:
    """A page, as a browser that trusts Caddy's authority opens it: the certificate must name the host."""
    port, trusts = caddy
    with (
        socket.create_connection(("127.0.0.1", port), 20) as plain,
        trusts.wrap_socket(plain, server_hostname=host) as secured,
    ):
        connection = HTTPConnection(host, port)
        connection.sock = secured
        connection.request("GET", path, headers={"host": host})
        answer = connection.getresponse()
        text = answer.read().decode()
        return Answer(answer.status, text, answer.getheader("strict-transport-security"))


@needs_caddy
def test_each_proved_host_has_a_certificate_and_no_other_name_gets_one(
    caddy: tuple[int, ssl.SSLContext],
) -> None:
    for host in HOSTS:
        page = get(caddy, host)
        assert page.status == 200
        assert f'<link rel="canonical" href="https://{host}' in page.text
        assert page.transport_security == "max-age=63072000"
        assert get(caddy, host, "/console").status == 404
        assert get(caddy, host, f"/internal/domain?domain={host}").status == 404
    assert get(caddy, "company.example", "/sign-in").status == 200
    with pytest.raises(ssl.SSLError):
        get(caddy, "other.example.org")
