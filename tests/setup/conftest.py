"""The application for the tests of set-up."""

from tests.surfaces.conftest import light_hashes, open_app, reader, settings

__all__ = ["light_hashes", "open_app", "reader", "settings"]
