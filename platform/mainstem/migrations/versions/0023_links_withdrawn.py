"""Links to an order's page can be taken out of force."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Until when links were made that open nothing any more."""
    op.execute(
        """ALTER TABLE orders ADD COLUMN links_withdrawn_at timestamptz;
           GRANT UPDATE (links_withdrawn_at) ON orders TO mainstem_company"""
    )
