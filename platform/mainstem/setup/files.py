"""Catalogue files, applied by the door that keeps what was before and after."""

from __future__ import annotations

from mainstem import catalog_files
from mainstem.kit.db import Database
from mainstem.kit.events import Fact
from mainstem.kit.work import Work
from mainstem.setup.saving import save_product


def apply_file(database: Database, fact: Fact) -> None:
    """Apply the catalogue file that a fact asks for."""
    catalog_files.run(database, fact, save=save_product)


def forget_files(work: Work) -> int:
    """Let go of files that came long ago; how many."""
    return catalog_files.forget(work)
