"""The command line: the same verbs from a terminal."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import shutil
import signal
import socket
import sys
import threading
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from mainstem import (
    __version__,
    checks,
    cli_audit,
    cli_commission,
    cli_company,
    cli_lab,
    cli_periods,
    cli_plan,
    cli_storefront,
    cli_stripe,
    flow,
    identity,
    joining,
    ledger,
    payouts,
    pictures,
    proposals,
    running,
    worker,
)
from mainstem.cli_stripe import GATEWAY_AFTER_WEB
from mainstem.company import zone_of
from mainstem.kit import db, pools, privileges, settings, telemetry
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.settings import Settings
from mainstem.kit.signed import in_force
from mainstem.kit.work import SYSTEM
from mainstem.payments import SUBSCRIBED, Gateway
from mainstem.plan import PlanAsks
from mainstem.setup import Connection, check_payments

COMPANY_DATA = ".company"
"""Where `run --new` keeps its company, apart from the demo's."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    given = _parser().parse_args(arguments)
    try:
        if "with_database" in given and getattr(given, "needs_database", _always)(given):
            return _with_database(given)
        command: Callable[[argparse.Namespace], int] = given.command
        return command(given)
    except (settings.SettingMissing, db.DatabaseUnfit, running.CannotRun) as problem:
        _say(str(problem))
    except psycopg.OperationalError as problem:
        _say(f"The database does not answer: {str(problem).strip().splitlines()[0]}")
    except KeyboardInterrupt:
        return 130
    return 1


def _always(given: argparse.Namespace) -> bool:
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mainstem", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        words = (command.__doc__ or "").split("\n")[0]
        made = commands.add_parser(name, help=words, description=command.__doc__)
        made.set_defaults(command=command)
        return made

    run = add("run", run_company)
    run.add_argument(
        "--new", action="store_true", help="a company of your own, empty, with data of its own"
    )
    run.add_argument("--no-demo", action="store_true", help="start without the demo company")
    add("web", serve_web)
    add("worker", run_worker)
    add("migrate", migrate)
    add("setup-token", make_setup_token)
    add("password", set_password).add_argument("email")
    rate = add("rate", save_rate)
    rate.add_argument("one", help="the currency of which one unit is given, such as EUR")
    rate.add_argument("into", help="the currency in which it is given, such as SEK")
    rate.add_argument("figure", help="the rate as it was published, such as 11.2345")
    rate.add_argument("--source", required=True, help="where it is from; affiliates read it")
    rate.add_argument("--published", help="when, as 2026-11-27T16:00+01:00; else now")
    check = add("check", run_checks)
    check.add_argument("--json", action="store_true", help="one JSON object a check")
    check.add_argument(
        "--rebuild-balances",
        action="store_true",
        help="first work every balance out anew, as after a restore from a dump",
    )
    cli_audit.add_commands(commands)
    cli_company.add_commands(commands)
    cli_lab.add_commands(commands)
    cli_lab.add_verbs(cli_plan.add_commands(commands))
    cli_commission.add_commands(commands)
    cli_periods.add_commands(commands)
    cli_storefront.add_commands(commands)
    cli_stripe.add_commands(commands)
    add("reset", reset)
    story = add("story", tell_story)
    story.add_argument("--data", type=Path, help="keep the story's company in this folder")
    plan = add("publish-plan", publish_plan)
    plan.add_argument("file", type=Path, help="the plan, as TOML or JSON")
    plan.add_argument("--from", dest="day", type=date.fromisoformat, metavar="YYYY-MM-DD",
                      help="the day from which it is in force; else at once")  # fmt: skip
    plan.add_argument(
        "--confirmed",
        action="store_true",
        help="publish it although something in it may not be meant",
    )
    imports = add("import", import_file)
    imports.add_argument("what", choices=["orders"])
    imports.add_argument("file", type=Path)
    imports.add_argument(
        "--encoding",
        choices=["utf-8", "utf-16", "windows-1252"],
        default="utf-8",
        help="how a CSV file is written; utf-8 unless you say otherwise",
    )
    return parser


# ---------------------------------------------------------------- the company


def run_company(given: argparse.Namespace) -> int:
    """Start everything: database, gateway, web and worker; Ctrl-C stops it all."""
    config = settings.read(_of_its_own() if given.new else None)
    demo = config.demo and not (given.no_demo or given.new)
    telemetry.configure(quiet=True)
    company = running.Company(
        ports=_ports(config),
        prepare=lambda place: _prepare(config, place, demo=demo),
        processes=lambda place: _processes(config, place),
        banner=lambda place: _banner(config, place, demo=demo),
    )
    return running.run_company(
        company, config.data, database_url=config.owner_url or config.database_url
    )


def _of_its_own() -> dict[str, str]:
    """The environment, with the folder of a company of one's own where it names none."""
    return {"MAINSTEM_DATA": COMPANY_DATA, **os.environ}


def _ports(config: Settings) -> dict[str, running.Port]:
    ports = {"web": running.Port(config.port, config.host)}
    if config.is_embedded:
        ports["gateway"] = running.Port(config.port + GATEWAY_AFTER_WEB)
    return ports


def _prepare(config: Settings, place: running.Place, *, demo: bool) -> None:
    made_here = not (config.owner_url or config.database_url)
    db.migrate(place.owner_url, demo=config.demo, made_here=made_here)
    if demo:
        from mainstem.simulate import demo as company

        company.seed(place.owner_url, zone=str(config.zone))


def _processes(config: Settings, place: running.Place) -> list[running.Process]:
    here = [sys.executable, "-m"]
    env = _environment(config, place)
    processes = []
    if config.is_embedded:
        hooks = f"{place.url('web')}/webhooks/stripe"
        secret = config.stripe_webhook_secrets[0]
        names = ("", "_CONNECT", "_THIN")
        processes.append(
            running.Process(
                "gateway",
                [*here, "mainstem_gateway", "--fd", "{fd}",
                 "--store", str(place.data / "gateway.sqlite"),
                 "--webhook", f"{hooks}/platform", "--webhook-connect", f"{hooks}/connect",
                 "--webhook-thin", f"{hooks}/connect",
                 "--webhook-events", ",".join(SUBSCRIBED["platform"]),
                 "--webhook-connect-events", ",".join(SUBSCRIBED["connect"]),
                 "--webhook-thin-events", ",".join(SUBSCRIBED["thin"])],
                env={f"GATEWAY_WEBHOOK_SECRET{name}": secret for name in names}
                | {"GATEWAY_PROOF_SECRET": config.gateway_secret},
                listens="gateway",
                ready_url=f"{place.url('gateway')}/__gateway/proof",
                secret=config.gateway_secret,
            )
        )  # fmt: skip
    processes.append(
        running.Process(
            "web",
            [*here, "mainstem", "web"],
            env=env | {"MAINSTEM_LISTEN_FD": "{fd}"},
            listens="web",
            ready_url=f"{place.url('web')}/health/ready",
            needs_no_root=True,
            stop_seconds=12.0,
        )
    )
    worker = [*here, "mainstem", "worker"]
    processes.append(
        running.Process("worker", worker, env=env, needs_no_root=True, stop_seconds=12.0)
    )
    return processes


def _environment(config: Settings, place: running.Place) -> dict[str, str]:
    env = {
        "MAINSTEM_MODE": config.mode,
        "MAINSTEM_DATA": str(place.data),
        # Where a login of its own is given, the company's processes use that, not the owner's.
        "MAINSTEM_DATABASE_URL": config.database_url or place.process_url,
        "MAINSTEM_OWNER_URL": "",
        # They may not be able to read the data folder, so they are told what was kept there.
        "MAINSTEM_SECRET": config.secret,
        "MAINSTEM_SECRET_BEFORE": "".join(in_force(config.secret)[1:]),
        "STRIPE_WEBHOOK_SECRET": ",".join(config.stripe_webhook_secrets),
        "MAINSTEM_GATEWAY_SECRET": config.gateway_secret,
    }
    env["MAINSTEM_PUBLIC_URL"] = _public_url(place)
    if config.is_embedded:
        env["STRIPE_API_BASE"] = place.url("gateway")
    return env


def _public_url(place: running.Place) -> str:
    return os.environ.get("MAINSTEM_PUBLIC_URL", "").rstrip("/") or place.url("web")


def _banner(config: Settings, place: running.Place, *, demo: bool) -> str:
    web = place.url("web")
    lines = ["", f"Mainstem {__version__} is running. Ctrl-C stops everything.", ""]
    if not demo:
        return "\n".join([*lines, *_set_up_lines(config, place), ""])
    from mainstem.simulate import demo as company

    base = place.url("gateway") if config.is_embedded else config.stripe_api_base
    tools = flow.tools(
        gateway=Gateway(config.stripe_key, api_base=base),
        zone=str(config.zone),
        other_currency=config.other_currency,
    )
    database = Database(place.owner_url, tools=tools, demo=True, pool=2, name="mainstem-run")
    try:
        if config.is_embedded:
            company.open_pay_accounts(database, gateway_url=place.url("gateway"))
            company.fund_gateway(database, gateway_url=place.url("gateway"))
            company.publish_rates(database)
            where = Connection(config.stripe_key, base, _public_url(place), config.demo)
            check_payments(database, SYSTEM, where)
        order = company.newest_order(database)
        shops, people = company.addresses(database)
    finally:
        database.close()
    lines += [f"  {name:<12} {web}/s/{slug}" for slug, name in shops]
    lines += ["", f"  Portal       {web}/portal", f"  Console      {web}/console"]
    lines.append(f"  Inboxes      {web}/inbox   (a demo sends no mail)")
    if order:
        lines.append(f"  An order     {web}/order/{identity.client_link(config.secret, *order)}")
    if config.is_embedded:
        lines.append(f"  Gateway      {place.url('gateway')}/__gateway/   (test mode)")
    lines += ["", f"  Sign in with the password  {company.PASSWORD}"]
    lines += [f"  {email:<30} {who}" for email, who in people]
    return "\n".join([*lines, ""])


def _set_up_lines(config: Settings, place: running.Place) -> list[str]:
    """Where a company's own people go: to the set-up while there is nobody, else to the console."""
    web = config.public_url if not config.demo else place.url("web")
    database = Database(place.owner_url, demo=config.demo, pool=1, name="mainstem-run")
    try:
        with database.work(SYSTEM) as work:
            token = None if identity.has_staff(work) else identity.make_setup_token(work)
    finally:
        database.close()
    if token is None:
        lines = [f"  Console  {web}/console"]
    else:
        lines = [
            f"  Set up   {web}/setup?token={token}",
            "           This link works once, for a day.",
        ]
    if config.is_embedded:
        lines.append(f"  Gateway  {place.url('gateway')}/__gateway/   (test mode)")
    return [*lines, "", f"  Other commands for it begin with  MAINSTEM_DATA={config.data}"]


def serve_web(given: argparse.Namespace) -> int:
    """Serve the storefronts, portal, console and API."""
    from mainstem import app

    config, database = _serving(pool=pools.WEB, name="mainstem-web")
    app.serve(config, database, listener=_handed_over())
    return 0


def _handed_over() -> socket.socket | None:
    """The listening socket that the supervisor has held for us."""
    fd = os.environ.get("MAINSTEM_LISTEN_FD")
    return socket.socket(fileno=int(fd)) if fd else None


def run_worker(given: argparse.Namespace) -> int:
    """Take waiting facts and run what follows from them, and keep the clock's facts."""
    stop = threading.Event()

    def asked(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for wish in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wish, asked)
    _, database = _serving(pool=pools.WORKER, name="mainstem-worker")
    worker.run(database, stop)
    database.close()
    return 0


def _serving(*, pool: pools.Pools, name: str) -> tuple[Settings, Database]:
    """The settings and the database of a process that serves, both in the company's own zone."""
    config = _configured()
    database = _database(config, pool=pool, name=name)
    zone = _zone(config, database)
    database.tools = replace(database.tools, zone=zone)
    return replace(config, zone=zone), database


def _zone(config: Settings, database: Database) -> ZoneInfo:
    """The zone that the company has said it lives in; until then that of the environment."""
    with database.work(SYSTEM) as work:
        return zone_of(work) or config.zone


def _configured() -> Settings:
    privileges.start_again_without_root()
    config = settings.read()
    telemetry.configure(json=config.log_json)
    if not config.database_url:
        raise settings.SettingMissing("MAINSTEM_DATABASE_URL must name the database.")
    db.check_connections(config.database_url)
    if config.demo:
        db.check_demo(config.database_url)
        if config.stripe_api_base and config.is_embedded:
            running.check_proof(f"{config.stripe_api_base}/__gateway/proof", config.gateway_secret)
    else:
        db.check_role(config.database_url)
        db.check_no_demo(config.database_url)
    return config


def _database(config: Settings, *, pool: pools.Pools, name: str) -> Database:
    assert config.database_url, "checked before"
    gateway = Gateway(config.stripe_key, api_base=config.stripe_api_base)
    tools = flow.tools(
        gateway=gateway,
        zone=str(config.zone),
        public_url=config.public_url,
        refund_limits=config.refund_limits,
        other_currency=config.other_currency,
        smtp=config.smtp,
        secret=config.secret,
        pictures=pictures.store_at(config.pictures, config.data),
        papers=joining.PaperStore(config.data),
    )
    return Database(config.database_url, tools=tools, demo=config.demo, pool=pool, name=name)


# ---------------------------------------------------------------- single acts


def migrate(given: argparse.Namespace) -> int:
    """Bring the schema to the newest revision, as its owner."""
    config = settings.read()
    url = config.owner_url or config.database_url
    if url:
        db.migrate(url, demo=config.demo)
    else:
        db.migrate(_live_owner_url(config), demo=True, made_here=True)
    return 0


def make_setup_token(given: argparse.Namespace) -> int:
    """Print the one-time token with which the first member of staff signs up."""
    database = _live_database(name="mainstem-setup-token")
    with database.work(SYSTEM) as work:
        token = identity.make_setup_token(work)
    database.close()
    print(token)  # noqa: T201
    return 0


def publish_plan(given: argparse.Namespace) -> int:
    """Propose a version of the compensation plan from a file; it is published where nobody else is to be asked."""
    document = _plan_in(given.file)
    if document is None:
        return 1
    zone = settings.read().zone
    database = _live_database(tools=flow.tools(zone=str(zone)), name="mainstem-plan")
    try:
        with database.work(SYSTEM) as work:
            start = datetime.combine(given.day, time(), zone) if given.day else None
            made = proposals.propose(
                work, document, effective_from=start, confirmed=given.confirmed
            )
    except Refused as no:
        _say(no.text())
        for problem in no.problems:
            _say(f"  {problem.pointer}: {problem.text()}")
        if isinstance(no, PlanAsks):
            _say("If this is meant, say --confirmed.")
        return 1
    finally:
        database.close()
    if made.version is None:
        _say("Proposed. Somebody else publishes it: Money, Plan in the console.")
    else:
        _say(f"Version {made.version} of the plan is published.")
    return 0


def _plan_in(file: Path) -> dict[str, Any] | None:
    """The plan that a file holds; None when that was said to be none."""
    try:
        text = file.read_text("utf-8")
        document = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        _say(f"{file} cannot be read as {'TOML' if file.suffix == '.toml' else 'JSON'}: {error}")
        return None
    if not isinstance(document, dict):
        _say(f"{file} holds no plan: a plan is a JSON object.")
        return None
    return document


def set_password(given: argparse.Namespace) -> int:
    """Give somebody a new password, typed twice; every session of theirs ends."""
    database = _live_database(name="mainstem-password")
    try:
        with database.work(SYSTEM) as work:
            person_id = identity.person_of(work, given.email)
        if person_id is None:
            _say(f"Nobody here has the e-mail {given.email}.")
            return 1
        first, again = getpass.getpass("New password: "), getpass.getpass("Once more: ")
        if first != again:
            _say("The two are not the same; nothing was changed.")
            return 1
        identity.set_password(database, person_id, first)
    except identity.PasswordTooWeak as no:
        _say(" ".join(problem.text() for problem in no.problems))
        return 1
    finally:
        database.close()
    _say("The new password is set, and every session with the old one has ended.")
    return 0


def save_rate(given: argparse.Namespace) -> int:
    """Keep a published rate of exchange; the newest counts when money is changed for a payout."""
    config = settings.read()
    tools = flow.tools(zone=str(config.zone))
    database = _live_database(tools=tools, name="mainstem-rate")
    try:
        with database.work(SYSTEM) as work:
            at = datetime.fromisoformat(given.published) if given.published else work.now()
            at = at if at.tzinfo else at.replace(tzinfo=config.zone)
            rate = payouts.set_rate(
                work, given.one.upper(), given.into.upper(), given.figure,
                source=given.source, published_at=at,
            )  # fmt: skip
    except Refused as no:
        _say(" ".join([problem.text() for problem in no.problems] or [no.text()]))
        return 1
    except ValueError as no:
        _say(str(no))
        return 1
    finally:
        database.close()
    _say(f"1 {rate.from_currency} is {rate.figure} {rate.to_currency} ({rate.source})")
    return 0


def run_checks(given: argparse.Namespace) -> int:
    """Run every check of the company on the live database; 1 when one fails."""
    if given.rebuild_balances:
        _rebuild_balances()
    database = _live_database(name="mainstem-check")
    findings = checks.run_now(database)
    database.close()
    for finding in findings:
        if given.json:
            told = {"check": finding.invariant, "wrong": finding.wrong, "example": finding.example}
            print(json.dumps(told))  # noqa: T201
        else:
            mark = "passed" if not finding.wrong else "FAILED"
            note = f"   {finding.wrong}, such as {finding.example}" if finding.wrong else ""
            print(f"{mark}  {finding.invariant}{note}")  # noqa: T201
    right = sum(not finding.wrong for finding in findings)
    if not given.json:
        print(f"{right}/{len(findings)} checks passed")  # noqa: T201
    return 0 if right == len(findings) else 1


def _rebuild_balances() -> None:
    owner = _live_database(role=db.OWNER_ROLE, name="mainstem-check")
    with owner.work(SYSTEM) as work:
        entries = ledger.rebuild(work)
    owner.close()
    _say(f"The balances are worked out anew from {entries} entries.")


def _with_database(given: argparse.Namespace) -> int:
    """Run a command of set-up on the live company."""
    config = settings.read(before_payments="before_payments" in given)
    tools = flow.tools(zone=str(config.zone))
    database = _live_database(config, tools=tools, pool=2, name="mainstem-setup")
    try:
        command: Callable[[Database, argparse.Namespace], int] = given.with_database
        return command(database, given)
    finally:
        database.close()


def _live_database(config: Settings | None = None, **given: Any) -> Database:
    """The live company's database, as its owner and by its clock: a demo's may be ahead."""
    config = config or settings.read()
    return Database(_live_owner_url(config), **{"demo": config.demo, "pool": 1} | given)


def _live_owner_url(config: Settings) -> str:
    """The database of the company that runs here, or the one that the environment names."""
    url = config.owner_url or config.database_url
    if url:
        if config.demo:
            db.check_demo(url)
        return url
    import mainstem_postgres as postgres

    server = postgres.find(config.data / "pg")
    if server is None:
        raise db.DatabaseUnfit("No company runs here. Start it with: make run")
    return server.admin_url(running.DATABASE)


def reset(given: argparse.Namespace) -> int:
    """Forget everything in the data folder and start over. Only a demo's, and only what it made."""
    config = settings.read()
    if not config.demo:
        _say("Production's data folder is not removed by this: it may hold keys that you need.")
        return 1
    data = config.data
    pid = running.running(data)
    if pid is not None:
        _say(f"The company runs as process {pid}. Stop it first.")
        return 1
    if not data.exists():
        _say(f"There is nothing in {data}.")
        return 0
    # Only what we made: a mistyped MAINSTEM_DATA must not cost somebody a home folder.
    if not any((data / name).exists() for name in ("company.lock", "pg", "real", "secrets")):
        _say(f"{data} does not look like Mainstem's; nothing was removed.")
        return 1
    shutil.rmtree(data)
    _say(f"Removed {data}.")
    if config.database_url or config.owner_url:
        _say("The database that the environment names was left as it is.")
    return 0


def tell_story(given: argparse.Namespace) -> int:
    """Run the three stories on a throw-away company, print each step and the books."""
    from mainstem.simulate import story

    return story.tell(given.data)


def import_file(given: argparse.Namespace) -> int:
    """Bring in a history of orders from a CSV or Parquet file; all of it or nothing."""
    from mainstem import importing

    database = _live_database(tools=flow.tools(), pool=2, name="mainstem-import")
    try:
        return importing.cli_import(database, given.file, encoding=given.encoding)
    finally:
        database.close()


def _say(words: str) -> None:
    print(words, file=sys.stderr)  # noqa: T201
