"""The commands of payments' set-up: the account is looked at, and its destinations are created.

A key comes from the environment or from standard input, never from an argument: arguments are read by
whoever lists the processes of a machine. It is printed nowhere.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Iterable

from mainstem import payments, setup
from mainstem.kit import settings
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.settings import EMBEDDED_KEY
from mainstem.kit.work import SYSTEM
from mainstem.payments import AccountFinding, DestinationState, GatewayUnavailable
from mainstem.setup import Connection

GATEWAY_AFTER_WEB = 20
"""How far the embedded gateway's port lies after the web's."""

_MARKS = {payments.PASSED: "passed ", payments.WARNING: "warning", payments.FAILED: "FAILED "}
_WHAT = {
    "platform": "payments",
    "connect": "payouts of affiliates",
    "thin": "accounts of affiliates",
}


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of these commands; `given.with_database` runs one of them."""
    stripe = commands.add_parser("stripe", help="Look at the account at Stripe, or connect it.")
    verbs = stripe.add_subparsers(required=True, metavar="check|connect")
    for name, verb in (("check", check_account), ("connect", connect_account)):
        parser = verbs.add_parser(name, help=(verb.__doc__ or "").split("\n")[0])
        parser.add_argument(
            "--key-from-stdin",
            action="store_true",
            help="read the key from standard input, not from STRIPE_API_KEY",
        )
        parser.add_argument("--public-url", help="not the address of MAINSTEM_PUBLIC_URL")
        parser.set_defaults(with_database=verb, before_payments=True)


def check_account(database: Database, given: argparse.Namespace) -> int:
    """Say what the account at Stripe lacks; 1 when something that is needed is missing."""
    connection = _connection(given)
    try:
        if given.key_from_stdin:
            look, destinations = setup.try_key(database, SYSTEM, connection)
            findings = look.findings
        else:
            check = setup.check_payments(database, SYSTEM, connection)
            findings, destinations = check.findings, check.destinations
    except GatewayUnavailable as trouble:
        return _silent(trouble)
    return _told(findings, destinations)


def connect_account(database: Database, given: argparse.Namespace) -> int:
    """Create the destinations that are missing at Stripe, and print their signing secrets, once."""
    try:
        check, secrets = setup.connect_payments(database, SYSTEM, _connection(given))
    except GatewayUnavailable as trouble:
        return _silent(trouble)
    except Refused as no:
        _say(no.text())
        return 1
    status = _told(check.findings, check.destinations)
    if secrets:
        _say("The signing secrets of new destinations are shown this once. Add them to those that")
        _say("are in the environment, with commas, and start Mainstem anew:")
        print(setup.secrets_line(secrets))  # noqa: T201
    return status


def _connection(given: argparse.Namespace) -> Connection:
    config = settings.read(before_payments=True)
    key = _key_from_stdin() if given.key_from_stdin else config.stripe_key
    if key == EMBEDDED_KEY and not config.demo:
        raise settings.SettingMissing(
            "STRIPE_API_KEY is not set. Set it, or give a key with --key-from-stdin."
        )
    base = config.stripe_api_base
    if key == EMBEDDED_KEY and base is None:
        base = f"http://127.0.0.1:{config.port + GATEWAY_AFTER_WEB}"
    public_url = (given.public_url or config.public_url).rstrip("/")
    secrets = None if given.key_from_stdin or key == EMBEDDED_KEY else config.stripe_webhook_secrets
    known = None if secrets is None else len(set(secrets))
    return Connection(key, base, public_url, config.demo, known)


def _key_from_stdin() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Key: ").strip()
    return sys.stdin.readline().strip()


def _told(findings: Iterable[AccountFinding], destinations: Iterable[DestinationState]) -> int:
    lines = [line for one in findings for line in _of_finding(one)]
    lines += [line for one in destinations for line in _of_destination(one)]
    print("\n".join(lines))  # noqa: T201
    there = [one.serves for one in destinations]
    failed = any(one.severity == payments.FAILED for one in findings)
    return 0 if there and all(there) and not failed else 1


def _of_finding(one: AccountFinding) -> list[str]:
    fix = [f"         {one.fix()}"] if one.fix() else []
    return [f"{_MARKS[one.severity]}  {one.words()}", *fix]


def _of_destination(one: DestinationState) -> list[str]:
    mark = _MARKS[payments.PASSED if one.serves else payments.FAILED]
    lacking = [f"         It does not tell of {', '.join(one.lacking)}."] if one.lacking else []
    problem = [f"         {one.problem}"] if one.problem else []
    state = one.state.replace("_", " ")
    return [f"{mark}  Events of {_WHAT[one.kind]} to {one.url}: {state}", *lacking, *problem]


def _silent(trouble: GatewayUnavailable) -> int:
    _say(f"Stripe does not answer, so nothing was found out: {str(trouble)[:300]}")
    return 1


def _say(words: str) -> None:
    print(words, file=sys.stderr)  # noqa: T201
