"""Importing: a company's past comes in through the same verbs as its present."""

from mainstem.importing.file import RowProblem
from mainstem.importing.service import Imported, NothingImported, cli_import, orders
from mainstem.kit.csv_rows import ENCODINGS, FileUnreadable

__all__ = [
    "ENCODINGS",
    "FileUnreadable",
    "Imported",
    "NothingImported",
    "RowProblem",
    "cli_import",
    "orders",
]
