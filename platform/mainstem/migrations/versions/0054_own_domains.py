"""Let a storefront have hosts of its own, once somebody has proved that they are theirs."""

from pathlib import Path

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the hosts of storefronts, and on which of them an order or a lead began."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)
