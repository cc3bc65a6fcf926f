"""An order keeps which storefront's key placed it."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Number the keys, and let an order name one. Orders from before name none."""
    op.execute("ALTER TABLE storefront_key ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY")
    op.execute("ALTER TABLE orders ADD COLUMN key_id bigint")
