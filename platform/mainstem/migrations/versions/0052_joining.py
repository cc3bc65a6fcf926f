"""Joining: the programme, applications, what applicants say, and the people of an affiliate."""

from pathlib import Path

from alembic import op

from mainstem.kit.lookalike import skeletons

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of joining, and know what those who are there already are called."""
    connection = op.get_bind().connection.driver_connection
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    for id, name, slug in connection.execute("SELECT id, name, slug FROM affiliate").fetchall():
        connection.execute(
            "UPDATE affiliate SET skeletons = %s WHERE id = %s", (skeletons(name, slug), id)
        )
