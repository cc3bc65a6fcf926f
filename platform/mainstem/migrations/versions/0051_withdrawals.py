"""The client's withdrawal: its exceptions by article, the statement, and what became of its lines."""

from pathlib import Path

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep withdrawals, and freeze on a line what may not be withdrawn from."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)
