"""An entry stands in two indexes instead of five, and is checked by statement."""

from pathlib import Path

from alembic import op

revision = "0077"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the number of the transaction to the header, put two indexes into one, drop what nothing reads by."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)
