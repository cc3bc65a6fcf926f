"""Who ended whose sessions; recovery codes with a salt; what proves a host, kept."""

import os
from pathlib import Path

from alembic import op
from argon2.low_level import Type, hash_secret_raw

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and columns, and hash the recovery codes that are there."""
    connection = op.get_bind().connection.driver_connection
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    salts: dict[int, bytes] = {}
    kept = connection.execute("SELECT person_id, code_hash FROM recovery_code").fetchall()
    for person_id, code_hash in kept:
        salt = salts.setdefault(person_id, os.urandom(16))
        connection.execute(
            """UPDATE recovery_code SET code_hash = %s, salt = %s, is_keyed = true
                WHERE person_id = %s AND code_hash = %s""",
            (_hash(code_hash, salt), salt, person_id, code_hash),
        )
    connection.execute("ALTER TABLE recovery_code ALTER COLUMN salt SET NOT NULL")


def _hash(kept: bytes, salt: bytes) -> bytes:
    return hash_secret_raw(
        kept, salt, time_cost=3, memory_cost=12 * 1024, parallelism=1, hash_len=32, type=Type.ID
    )
