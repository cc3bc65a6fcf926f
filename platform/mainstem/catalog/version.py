"""The catalogue's version, by which every storefront knows that it must look again."""

from __future__ import annotations

from mainstem.kit.work import Work


def version(work: Work) -> int:
    """The catalogue's version: it grows whenever anything that a storefront shows has changed."""
    return int(work.value("SELECT version FROM catalogue_version"))


def changed(work: Work) -> int:
    """Say that the catalogue has changed, in the same work that changed it; the new version."""
    return int(work.value("UPDATE catalogue_version SET version = version + 1 RETURNING version"))
