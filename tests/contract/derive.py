"""Write the gateway's request description from Stripe's document.

    python tests/contract/derive.py

The gateway checks requests at run time without the 4 MB document: it ships with this extract.
`test_description.py` holds the extract to the document.
"""

import json
from pathlib import Path

from stripe_spec import request_schema

from mainstem_gateway.operations import OPERATIONS

TARGET = Path(__file__).parents[2] / "platform" / "mainstem_gateway" / "requests.json"


def derived() -> str:
    """One operation per line, so that a change of version reads as a diff."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(request_schema(name), separators=(',', ':'))}"
        for name in OPERATIONS
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TARGET.write_text(derived())
