"""Being nobody in particular: what needs no root does not run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys

from mainstem.paths import PACKAGE, TEMPLATES
from mainstem_postgres import Account


def ordinary_user(python: str = sys.executable) -> Account | None:
    """The user to become; None when we are not root, or when no such user could go on from here.

    A checkout below a private home is closed to everybody else, and opening the home's permissions
    is not ours to do: there, root is all that there is.
    """
    if os.geteuid() != 0:
        return None
    for name in ("nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(entry.pw_uid, entry.pw_gid)
        if _can_read_us(account, python):
            return account
    return None


def start_again_without_root() -> None:
    """Become an ordinary user and run this same command anew; nothing where we are none or cannot.

    Anew, because the kernel hides from a process that has changed its user what it has open.
    """
    account = ordinary_user()
    if account is None:
        return
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606


def _can_read_us(account: Account, python: str) -> bool:
    # One of our files, one of our pages and one of our dependencies stand for all.
    reads = f"open({str(PACKAGE / 'paths.py')!r}); open({str(TEMPLATES / 'base.html')!r}); import msgspec"
    try:
        tried = subprocess.run(  # noqa: S603
            [python, "-I", "-c", reads],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            timeout=20,
        )
    except OSError:
        return False
    return tried.returncode == 0
