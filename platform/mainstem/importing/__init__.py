"""Importing: a company's past comes in through the same verbs as its present."""

from mainstem.importing.file import FileUnreadable, RowProblem
from mainstem.importing.service import Imported, NothingImported, cli_import, orders

__all__ = ["FileUnreadable", "Imported", "NothingImported", "RowProblem", "cli_import", "orders"]
