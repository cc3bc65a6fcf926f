"""Catalogue files: our own columns out and in, and the exports of Shopify and WooCommerce."""

from mainstem.catalog_files.columns import (
    FIELDS,
    IN_CURRENCIES,
    IN_LANGUAGES,
    KINDS,
    guessed,
    header_hash,
    kind_of,
)
from mainstem.catalog_files.drafts import Assumed
from mainstem.catalog_files.html_text import plain_text
from mainstem.catalog_files.memory import remember_columns, remembered_columns
from mainstem.catalog_files.own import harmless, written
from mainstem.catalog_files.proposing import Preview, Proposal, preview
from mainstem.catalog_files.service import (
    CatalogueFile,
    FileHasProblems,
    Report,
    counts_of,
    exported,
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
from mainstem.catalog_files.table import (
    BYTES_MAX,
    RowProblem,
    Table,
    TableRefused,
    of_problem,
    read_table,
)
from mainstem.catalog_files.values import CellUnfit, amount_of, decimal_of, moment

__all__ = [
    "BYTES_MAX",
    "FIELDS",
    "IN_CURRENCIES",
    "IN_LANGUAGES",
    "KINDS",
    "Assumed",
    "CatalogueFile",
    "CellUnfit",
    "FileHasProblems",
    "Preview",
    "Proposal",
    "Report",
    "RowProblem",
    "Table",
    "TableRefused",
    "amount_of",
    "counts_of",
    "decimal_of",
    "exported",
    "forget",
    "guessed",
    "harmless",
    "header_hash",
    "kind_of",
    "look",
    "moment",
    "of_problem",
    "plain_text",
    "preview",
    "previewed",
    "problems_of",
    "read_table",
    "receive",
    "recent",
    "remember_columns",
    "remembered_columns",
    "request",
    "run",
    "table_of",
    "tell_columns",
    "written",
]
