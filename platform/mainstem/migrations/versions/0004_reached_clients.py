"""A lead's client is protected once she was reached; requests of several storefronts all stand."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Claims by storefront, with the instant from which they protect; who was reached, and how."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)
