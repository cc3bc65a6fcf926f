"""What store credit an order was made cheaper by is read by work of its own affiliate."""

from pathlib import Path

from alembic import op

revision = "0083"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let it be read."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)
