"""The company as `mainstem run` starts it: its ports, its users, and what others can see of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from tests.waits import PATIENCE

from mainstem import paths, running
from mainstem.kit.privileges import ordinary_user


@pytest.fixture(scope="module")
def port() -> int:
    """A port whose twentieth neighbour is free too."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            number = int(one.getsockname()[1])
            try:
                other.bind(("127.0.0.1", number + 20))
            except (OSError, OverflowError):
                continue
            return number


@pytest.fixture(scope="module")
def python() -> Iterator[Path]:
    """An interpreter that everybody on this machine may run, where there is one."""
    common = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    if os.geteuid() != 0 or ordinary_user() is not None or not common.exists():
        yield Path(sys.executable)
        return
    # Ours lies in a private home. The same version elsewhere, with our packages, is as good.
    with tempfile.TemporaryDirectory(prefix="mainstem-python-") as folder:
        Path(folder).chmod(0o755)
        subprocess.run([common, "-m", "venv", "--without-pip", folder], check=True)
        packages = next(Path(folder).glob("lib/python*/site-packages"))
        ours = [path for path in sys.path if "site-packages" in path]
        checkout = paths.PACKAGE.parents[1]
        ours += [str(checkout / root) for root in ("platform", "affiliates", "fulfillment")]
        (packages / "ours.pth").write_text("\n".join(ours))
        yield Path(folder) / "bin" / "python"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, port: int, python: Path) -> Iterator[Path]:
    """The data folder of a company that runs, below a folder that only its owner may enter."""
    folder = tmp_path_factory.mktemp("company") / "data"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAINSTEM_", "STRIPE_"))}
    said = folder.with_name("said")
    with said.open("w") as output:
        company = subprocess.Popen(
            [python, "-m", "mainstem", "run", "--no-demo"],
            env=env | {"MAINSTEM_DATA": str(folder), "MAINSTEM_PORT": str(port)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    until = time.monotonic() + PATIENCE
    while not running.addresses(folder):
        assert company.poll() is None, said.read_text()
        assert time.monotonic() < until, said.read_text()
        time.sleep(0.1)
    yield folder
    company.send_signal(signal.SIGINT)
    assert company.wait(PATIENCE) == 0, said.read_text()


@pytest.fixture
def programs(data: Path) -> dict[str, psutil.Process]:
    """The company's programs by name."""
    pid = running.running(data)
    assert pid is not None
    names = {"web": "web", "worker": "worker", "--store": "gateway"}
    return {
        name: process
        for process in psutil.Process(pid).children()
        for word, name in names.items()
        if word in process.cmdline()
    }


def test_ports_follow_the_one_that_was_asked_for(data: Path, port: int) -> None:
    assert running.addresses(data) == {
        "web": f"http://127.0.0.1:{port}",
        "gateway": f"http://127.0.0.1:{port + 20}",
    }


def test_the_gateway_proves_to_its_own_company_that_it_is_its(data: Path) -> None:
    url = f"{running.addresses(data)['gateway']}/__gateway/proof"
    running.check_proof(url, (data / "secrets" / "gateway").read_text())
    with pytest.raises(running.CannotRun, match="Another program than ours"):
        running.check_proof(url, "another company's secret")


def test_no_secret_stands_in_the_list_of_processes(
    data: Path, programs: dict[str, psutil.Process]
) -> None:
    secrets = {path.read_text().strip() for path in (data / "secrets").iterdir()}
    assert len(secrets) == 3
    secrets.add((data / "pg" / "password").read_text().strip())
    pid = running.running(data)
    assert pid is not None
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        told = " ".join(process.cmdline())
        assert not [secret for secret in secrets if secret in told], told


def test_web_and_worker_are_not_root(
    data: Path, python: Path, programs: dict[str, psutil.Process]
) -> None:
    assert set(programs) == {"web", "worker", "gateway"}
    account = ordinary_user(str(python))
    if os.geteuid() == 0 and account is None:
        assert "Everything runs as root" in data.with_name("said").read_text()
        return
    expected = account.uid if account else os.geteuid()
    assert {tuple(programs[name].uids()) for name in ("web", "worker")} == {(expected,) * 3}
    if account is not None:
        assert {tuple(programs[name].gids()) for name in ("web", "worker")} == {(account.gid,) * 3}


def test_and_still_serve(data: Path) -> None:
    with urlopen(f"{running.addresses(data)['web']}/health/ready", timeout=20) as answer:
        assert answer.status == 200
