"""The catalogue's version, by which every storefront knows that it must look again."""

from __future__ import annotations

from mainstem.kit.work import Work

_LOCK = 7242  # set-up's own; 7219 is that of settling commissions


def one_at_a_time(work: Work) -> None:
    """Wait until nobody else sets anything up, and keep others waiting until this work is done: what
    one thing names, another may not take away meanwhile."""
    work.run("SELECT pg_advisory_xact_lock(%(lock)s)", lock=_LOCK)


def version(work: Work) -> int:
    """The catalogue's version: it grows whenever anything that a storefront shows has changed."""
    return int(work.value("SELECT version FROM catalogue_version"))


def changed(work: Work) -> int:
    """Say that the catalogue has changed, in the same work that changed it; the new version."""
    return int(work.value("UPDATE catalogue_version SET version = version + 1 RETURNING version"))
