"""What these tests share: the real app on a real database, and readers of it."""

from tests.surfaces.conftest import light_hashes, open_app, people, reader, settings
from tests.surfaces.serving import patience, port, server_process

__all__ = [
    "light_hashes",
    "open_app",
    "patience",
    "people",
    "port",
    "reader",
    "server_process",
    "settings",
]
