"""Mail: an outbox, who sends it, addresses that bounced, and what people chose to get."""

from pathlib import Path

from alembic import op

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the outbox and what stands beside it."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)
