"""`python -m mainstem.gateway --store DIR/gateway.sqlite`"""

import argparse
import sys
from pathlib import Path

from mainstem.gateway import NotLoopback, Settings, StoreInUse, Webhook, serve

KINDS = {"platform": "", "connect": "-connect", "thin": "-thin"}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m mainstem.gateway",
        description="A Stripe for this machine: test mode only, loopback only.",
    )
    parser.add_argument("--store", type=Path, required=True, help="the SQLite file to keep")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8420, help="0 chooses a free one")
    for kind, suffix in KINDS.items():
        parser.add_argument(f"--webhook{suffix}", metavar="URL", help=f"{kind} events go here")
        parser.add_argument(f"--webhook{suffix}-secret", metavar="whsec_…")
    for name in Settings.__dataclass_fields__:
        flag = "--" + name.replace("_", "-")
        default = getattr(Settings(), name)
        parser.add_argument(flag, type=int, default=default, metavar="SECONDS")
    given = vars(parser.parse_args())
    webhooks = []
    for kind, suffix in KINDS.items():
        name = f"webhook{suffix}".replace("-", "_")
        url, secret = given[name], given[f"{name}_secret"]
        if (url is None) != (secret is None):
            parser.error(f"--webhook{suffix} and --webhook{suffix}-secret go together")
        if url and not secret.startswith("whsec_"):
            parser.error(f"--webhook{suffix}-secret starts with whsec_")
        if url:
            webhooks.append(Webhook(kind, url, secret))
    settings = Settings(**{name: given[name] for name in Settings.__dataclass_fields__})
    try:
        serve(
            given["store"], host=given["host"], port=given["port"], settings=settings,
            webhooks=tuple(webhooks),
        )  # fmt: skip
    except (NotLoopback, StoreInUse, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
