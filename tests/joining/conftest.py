"""What the tests of joining share: light hashes, and the app as the surfaces open it."""

from tests.surfaces.conftest import light_hashes, open_app, settings

__all__ = ["light_hashes", "open_app", "settings"]
