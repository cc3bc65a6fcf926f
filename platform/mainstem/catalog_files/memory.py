"""What the columns of a header say, remembered for the next file that has it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mainstem.kit.work import Work


def remembered_columns(work: Work, header_hash: str) -> tuple[str, dict[str, str]] | None:
    """The kind of file and what its columns say, as the last file of this header was told."""
    row = work.row(
        "SELECT kind, columns FROM import_mapping WHERE header_hash = %(hash)s", hash=header_hash
    )
    return None if row is None else (row.kind, row.columns)


def remember_columns(work: Work, header_hash: str, kind: str, columns: Mapping[str, str]) -> None:
    """Keep what the columns of a header say."""
    work.run(
        """INSERT INTO import_mapping (header_hash, kind, columns, saved_at, saved_by)
           VALUES (%(hash)s, %(kind)s, %(columns)s::jsonb, %(now)s, %(actor)s)
           ON CONFLICT (header_hash) DO UPDATE
             SET kind = excluded.kind, columns = excluded.columns, saved_at = excluded.saved_at,
                 saved_by = excluded.saved_by""",
        hash=header_hash,
        kind=kind,
        columns=msgspec.json.encode(columns).decode(),
        now=work.now(),
        actor=str(work.actor),
    )
