"""What the tests of own domains share: the real app on a real database, and readers of it."""

from tests.surfaces.conftest import light_hashes, open_app, settings

__all__ = ["light_hashes", "open_app", "settings"]
