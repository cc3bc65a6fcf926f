"""`mainstem stripe`: the account is checked and connected from a terminal, and no key is printed."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator

import pytest
from tests.harness import Gateways
from tests.setup import saying

from mainstem import cli, cli_stripe, setup
from mainstem.kit.db import Database
from mainstem.kit.documents import document

KEY = "sk_test_of_the_terminal_99"
PUBLIC = "https://terminal.example"
Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def own_gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateways]:
    running = Gateways(tmp_path_factory.mktemp("commands"))
    yield running
    running.close()


@pytest.fixture
def run(
    database: Database,
    own_gateways: Gateways,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """Run a command of a company with a profile; its status, and all that it printed."""
    with database.work() as work:
        kind = setup.resource("company")
        setup.save(work, kind, document(kind.model, saying.PROFILE), seen=setup.ANY)
    monkeypatch.setenv("MAINSTEM_DATA", str(tmp_path_factory.mktemp("data")))
    monkeypatch.setenv("MAINSTEM_MODE", "demo")
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    monkeypatch.setenv("STRIPE_API_BASE", own_gateways.url)
    monkeypatch.delenv("MAINSTEM_DATABASE_URL", raising=False)

    def ran(verb: str, *, key: str | None = None, public_url: str = PUBLIC) -> tuple[int, str]:
        given = argparse.Namespace(key_from_stdin=key is not None, public_url=public_url)
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))
        verbs = {"check": cli_stripe.check_account, "connect": cli_stripe.connect_account}
        status = verbs[verb](database, given)
        told = capsys.readouterr()
        return status, told.out + told.err

    return ran


def test_connect_creates_what_is_missing_once_and_check_then_passes(run: Run) -> None:
    status, told = run("check")
    assert status == 1
    assert told.count("missing") == 3
    status, told = run("connect")
    assert status == 0
    line = next(one for one in told.splitlines() if one.startswith("STRIPE_WEBHOOK_SECRET="))
    assert line.count("whsec_") == 3
    assert KEY not in told
    status, told = run("connect")
    assert (status, "whsec_" in told) == (0, False)
    status, told = run("check")
    assert (status, "FAILED" in told) == (0, False)


def test_a_new_key_is_tried_before_it_is_put_into_the_environment(
    run: Run, own_gateways: Gateways
) -> None:
    new = "sk_test_of_the_new_year_26"
    run("connect", public_url="https://new.example")
    assert run("check", key=new, public_url="https://new.example")[0] == 0
    own_gateways.trigger("account/key", key=new, standing="revoked")
    status, told = run("check", key=new, public_url="https://new.example")
    assert status == 1
    assert "does not take this key" in told
    assert new not in told
    assert run("check", key="sk_live_by_mistake")[0] == 1


def test_no_answer_is_said_and_is_no_success(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")
    for verb in ("check", "connect"):
        status, told = run(verb)
        assert status == 1
        assert "Stripe does not answer" in told
        assert KEY not in told


def test_the_parser_knows_the_commands_and_takes_no_key_as_an_argument(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["stripe", "check", "--help"])
    assert "--key-from-stdin" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["stripe", "check", "--key", "sk_test_x"])
