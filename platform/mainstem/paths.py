"""Where the files that are not code lie, in a checkout and in an installed wheel alike."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
_SHIPPED = PACKAGE / "templates"  # in a wheel
_CHECKOUT = PACKAGE.parents[1]

# From this file, not from site-packages: an editable install leaves a stale copy there.
TEMPLATES = _SHIPPED if _SHIPPED.is_dir() else _CHECKOUT / "templates"
STATIC = PACKAGE / "static"
# What the company writes. Relative to where the command is given, so a checkout keeps its own.
DATA = Path(os.environ.get("MAINSTEM_DATA", ".data")).absolute()
