"""Network files: affiliates, their clients and their balances, brought from another programme."""

from mainstem.network_files.bindings import Bound
from mainstem.network_files.columns import FIELDS, IN_CURRENCIES, KINDS
from mainstem.network_files.proposing import Preview, Proposal
from mainstem.network_files.service import (
    FileHasProblems,
    NetworkFile,
    Report,
    forget,
    look,
    previewed,
    problems_of,
    receive,
    recent,
    request,
    run,
    table_of,
    tell_columns,
)

__all__ = [
    "FIELDS",
    "IN_CURRENCIES",
    "KINDS",
    "Bound",
    "FileHasProblems",
    "NetworkFile",
    "Preview",
    "Proposal",
    "Report",
    "forget",
    "look",
    "previewed",
    "problems_of",
    "receive",
    "recent",
    "request",
    "run",
    "table_of",
    "tell_columns",
]
