"""The embedded PostgreSQL: a server of our own in a folder, started, found, kept up and stopped.

It knows nothing of the company whose data it keeps.
"""

from mainstem_postgres.binaries import Account
from mainstem_postgres.server import (
    PostgresNotFound,
    PostgresProblem,
    PostgresVersionDiffers,
    Server,
    ServerAlreadyOwned,
    ServerDidNotStart,
    create_database,
    drop_database,
    find,
    start,
)

__all__ = [
    "Account",
    "PostgresNotFound",
    "PostgresProblem",
    "PostgresVersionDiffers",
    "Server",
    "ServerAlreadyOwned",
    "ServerDidNotStart",
    "create_database",
    "drop_database",
    "find",
    "start",
]
