"""The portal: what an affiliate earned, why, and what to do next."""

from __future__ import annotations

from mainstem_affiliates.portal.pages import routes

__all__ = ["routes"]
