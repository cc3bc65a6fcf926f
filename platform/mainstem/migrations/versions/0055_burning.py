"""What the console shows of deadlines, of one client or article, and of who did what, by an index each."""

from pathlib import Path

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep a dispute's deadline, and index what the console's pages turn."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)
