"""Who sponsors whom changes in time: asked for, approved, carried out, and answered for any instant."""

from pathlib import Path

from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the moves of sponsors, their history, the holding tank and what teams come to."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)
