"""`python -m mainstem_gateway --store DIR/gateway.sqlite`"""

import argparse
import os
import sys
from pathlib import Path

from mainstem_gateway import NotLoopback, Settings, StoreInUse, Webhook, serve

KINDS = {"platform": "", "connect": "-connect", "thin": "-thin"}
# Secrets come in the environment: everybody on a machine may read a command line.
SECRETS = {kind: f"GATEWAY_WEBHOOK_SECRET{suffix.upper().replace('-', '_')}"
           for kind, suffix in KINDS.items()}  # fmt: skip
PROOF = "GATEWAY_PROOF_SECRET"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m mainstem_gateway",
        description="A Stripe for this machine: test mode only, loopback only.",
    )
    parser.add_argument("--store", type=Path, required=True, help="the SQLite file to keep")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8420, help="0 chooses a free one")
    parser.add_argument("--fd", type=int, help="a listening socket that was handed over")
    for kind, suffix in KINDS.items():
        words = f"{kind} events go here, signed with {SECRETS[kind]}"
        parser.add_argument(f"--webhook{suffix}", metavar="URL", help=words)
        words = "its events, with commas; all where it is left out"
        parser.add_argument(f"--webhook{suffix}-events", default="*", metavar="TYPES", help=words)
    for name in Settings.__dataclass_fields__:
        flag = "--" + name.replace("_", "-")
        default = getattr(Settings(), name)
        parser.add_argument(flag, type=int, default=default, metavar="SECONDS")
    given = vars(parser.parse_args())
    webhooks = []
    for kind, suffix in KINDS.items():
        name = f"webhook{suffix}".replace("-", "_")
        url, events = given[name], tuple(given[f"{name}_events"].split(","))
        secret = os.environ.get(SECRETS[kind], "")
        if url and not secret.startswith("whsec_"):
            parser.error(f"--webhook{suffix} needs {SECRETS[kind]}, which starts with whsec_")
        if url:
            webhooks.append(Webhook(kind, url, secret, events))
    settings = Settings(**{name: given[name] for name in Settings.__dataclass_fields__})
    try:
        serve(
            given["store"], host=given["host"], port=given["port"], fd=given["fd"],
            settings=settings, webhooks=tuple(webhooks), proof=os.environ.get(PROOF, ""),
        )  # fmt: skip
    except (NotLoopback, StoreInUse, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
