"""`python -m mainstem`: the command line."""

import sys

from mainstem.cli import main

sys.exit(main())
