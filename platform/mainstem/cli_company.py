"""The commands of set-up: the company as files, and keys for its programs."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from mainstem import identity, pictures, setup
from mainstem.kit import settings
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.work import SYSTEM
from mainstem.paths import PACKAGE

SHOWN_MAX = 200
COMPANIES = PACKAGE / "companies"
"""Companies as files that come with the software."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of these commands; `given.with_database` runs one of them."""
    begin = commands.add_parser("template", help="Write a company to begin with as files.")
    begin.add_argument("folder", type=Path)
    begin.add_argument("--demo", action="store_true", help="the demo company instead")
    begin.set_defaults(command=copy_template)
    export = commands.add_parser("export", help="Write the company as files into a folder.")
    export.add_argument("what", choices=["company"])
    export.add_argument("folder", type=Path)
    export.set_defaults(with_database=export_company)
    applies = commands.add_parser("apply", help="Make the company what a folder says.")
    applies.add_argument("folder", type=Path)
    applies.add_argument("--dry-run", action="store_true", help="only show what would change")
    applies.set_defaults(with_database=apply_folder)
    key = commands.add_parser("api-key", help="Print a new key for a program of your own.")
    key.add_argument("label", help="what it is for")
    key.add_argument("--scope", action="append", choices=identity.SCOPES, required=True)
    key.set_defaults(with_database=issue_key)
    exchange = commands.add_parser(
        "exchange-secret", help="Move what MAINSTEM_SECRET_BEFORE has encrypted to the new secret."
    )
    exchange.set_defaults(with_database=exchange_secret)
    lost = commands.add_parser(
        "remove-second-factor", help="Let in by the password alone who has lost all the rest."
    )
    lost.add_argument("email")
    lost.add_argument("--reason", required=True, help="why; they are told it by mail")
    lost.set_defaults(with_database=remove_second_factor)


def exchange_secret(database: Database, given: argparse.Namespace) -> int:
    """Encrypt by the present secret what lies under the one before, and say what is left of that."""
    del given
    with database.work(SYSTEM) as work:
        found = identity.reseal_totps(work)
        codes = identity.recovery_codes_under_secret(work)
    _say(f"{found.moved} authenticator apps lie under the new secret now.")
    if found.lost:
        _say(f"{found.lost} open under neither: was MAINSTEM_SECRET_BEFORE another one?")
    if codes:
        _say(
            f"{codes} people have recovery codes of an earlier release, which end with the old secret."
        )
    _say("Links keep opening until MAINSTEM_SECRET_BEFORE is left out.")
    return 1 if found.lost else 0


def export_company(database: Database, given: argparse.Namespace) -> int:
    """Write the company as files; nothing secret is in them."""
    with database.work(SYSTEM) as work:
        for path in setup.write_folder(work, given.folder, store=_store):
            _say(str(path))
    return 0


def copy_template(given: argparse.Namespace) -> int:
    """Write a company to begin with into a folder, unless something is in the way."""
    folder: Path = given.folder
    if folder.exists() and any(folder.iterdir()):
        _say(f"{folder} is not empty; nothing was written.")
        return 1
    shutil.copytree(COMPANIES / ("demo" if given.demo else "new"), folder, dirs_exist_ok=True)
    _say(f"{folder} is written. Change what it says, then: mainstem apply {folder} --dry-run")
    return 0


def apply_folder(database: Database, given: argparse.Namespace) -> int:
    """Show what a folder says otherwise than the company, and save it unless it is a dry run."""
    try:
        folder = setup.read_folder(given.folder)
    except NotADirectoryError:
        _say(f"{given.folder} is no folder.")
        return 1
    try:
        with database.work(SYSTEM) as work:
            found = setup.apply(work, folder, store=_store)
            if given.dry_run:
                work.session.rollback()
    except setup.FolderRefused as no:
        for wrong in no.wrong[:SHOWN_MAX]:
            _say(str(wrong))
        _say(no.text())
        return 1
    except Refused as no:
        _say(no.text())
        return 1
    for one in found:
        _say(str(one))
    _say(_summary(len(found), dry_run=given.dry_run))
    if any(one.waits for one in found) and not given.dry_run:
        _say("What is proposed is in force once somebody else has published it: Money, Plan.")
    return 0


def _store() -> pictures.Store:
    config = settings.read()
    return pictures.store_at(config.pictures, config.data)


def _summary(changed: int, *, dry_run: bool) -> str:
    if not changed:
        return "The company is what the folder says."
    things = "One thing" if changed == 1 else f"{changed} things"
    return f"{things} would change; nothing was." if dry_run else f"{things} changed."


def issue_key(database: Database, given: argparse.Namespace) -> int:
    """Print a new key, once."""
    try:
        with database.work(SYSTEM) as work:
            key = identity.issue_api_key(work, label=given.label, scopes=given.scope)
    except Refused as no:
        _say(" ".join(problem.text() for problem in no.problems))
        return 1
    print(key)  # noqa: T201
    return 0


def remove_second_factor(database: Database, given: argparse.Namespace) -> int:
    """For the last admin, whom no colleague can help. Their sessions end."""
    with database.work(SYSTEM) as work:
        person_id = identity.person_of(work, given.email)
        if person_id is None:
            _say(f"Nobody here has the e-mail {given.email}.")
            return 1
        try:
            identity.take_second_factors_away(work, person_id, reason=given.reason)
        except identity.NoSecondFactor as no:
            _say(no.text())
            return 1
    _say("The second factor is removed. The password is enough until another is set up.")
    return 0


def _say(words: str) -> None:
    print(words, file=sys.stderr)  # noqa: T201
