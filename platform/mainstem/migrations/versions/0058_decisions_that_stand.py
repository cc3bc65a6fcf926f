"""Withdrawals that wait for a second person, and applications that are forgotten."""

from pathlib import Path

from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a withdrawal wait for its money's second person, and let go of applications in time."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)
