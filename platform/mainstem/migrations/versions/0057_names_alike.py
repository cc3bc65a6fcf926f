"""Know shops by how their names look, and names by one rule."""

from pathlib import Path

from alembic import op

from mainstem.kit.lookalike import skeletons

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what a shop's name looks like, and work out anew what everybody's does."""
    connection = op.get_bind().connection.driver_connection
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    for table, names in (
        ("affiliate", "name, slug"),
        ("storefront", "name, slug"),
        ("application", "company_name"),
    ):
        rows = connection.execute(f"SELECT id, {names} FROM {table}").fetchall()
        connection.cursor().executemany(
            f"UPDATE {table} SET skeletons = %s WHERE id = %s",
            [(skeletons(*row[1:]), row[0]) for row in rows],
        )
    connection.execute("ALTER TABLE application ENABLE TRIGGER application_stays")
