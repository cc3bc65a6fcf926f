"""A database says whether a demo has made it, and only there does time move."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Mark what is demo's. One whose clock has been moved was a demo's before it could say so."""
    op.execute(
        """ALTER TABLE demo_clock ADD COLUMN is_demo boolean NOT NULL DEFAULT false;
           UPDATE demo_clock SET is_demo = true WHERE ahead <> '0';
           ALTER TABLE demo_clock ADD CONSTRAINT real_time CHECK (is_demo OR ahead = '0');
           REVOKE UPDATE ON demo_clock FROM mainstem_company;
           GRANT UPDATE (ahead) ON demo_clock TO mainstem_company"""
    )
