"""Settings: read once from the environment, frozen, and complete or refused."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo


class SettingMissing(RuntimeError):
    """A setting without which the company must not start."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment decides."""

    mode: str  # demo | production
    data: Path
    database_url: str | None
    owner_url: str | None
    zone: ZoneInfo
    host: str
    port: int
    public_url: str
    secret: str
    stripe_key: str
    stripe_api_base: str | None
    stripe_webhook_secrets: tuple[str, ...]
    stripe_livemode: bool
    log_json: bool
    proxies: tuple[str, ...]
    """Addresses and networks whose word is taken for where a request came from."""

    @property
    def demo(self) -> bool:
        """Whether the clock may be moved and the demo company seeded."""
        return self.mode == "demo"


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings, or SettingMissing with a sentence that says which and why."""
    env = dict(os.environ if environment is None else environment)
    mode = env.get("MAINSTEM_MODE", "demo")
    if mode not in ("demo", "production"):
        raise SettingMissing("MAINSTEM_MODE is demo or production.")
    data = Path(env.get("MAINSTEM_DATA", ".data")).resolve()
    port = int(env.get("MAINSTEM_PORT", "8400"))
    host = env.get("MAINSTEM_HOST", "127.0.0.1")
    stripe_key = env.get("STRIPE_API_KEY", "")
    secrets_given = tuple(s for s in env.get("STRIPE_WEBHOOK_SECRET", "").split(",") if s)
    if mode == "production":
        for name in ("MAINSTEM_DATABASE_URL", "MAINSTEM_PUBLIC_URL", "MAINSTEM_SECRET",
                     "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"):  # fmt: skip
            if not env.get(name):
                raise SettingMissing(f"{name} must be set in production mode.")
    return Settings(
        mode=mode,
        data=data,
        database_url=env.get("MAINSTEM_DATABASE_URL") or None,
        owner_url=env.get("MAINSTEM_OWNER_URL") or None,
        zone=ZoneInfo(env.get("MAINSTEM_ZONE", "Europe/Stockholm")),
        host=host,
        port=port,
        public_url=env.get("MAINSTEM_PUBLIC_URL", f"http://{host}:{port}").rstrip("/"),
        secret=env.get("MAINSTEM_SECRET") or _kept_secret(data, "session"),
        stripe_key=stripe_key or "sk_test_embedded",
        stripe_api_base=env.get("STRIPE_API_BASE") or None,
        stripe_webhook_secrets=secrets_given or (_kept_secret(data, "whsec"),),
        stripe_livemode=stripe_key.startswith(("sk_live_", "rk_live_")),
        log_json=env.get("MAINSTEM_LOG", "text") == "json",
        proxies=_networks(env.get("MAINSTEM_PROXIES", "")),
    )


def _networks(text: str) -> tuple[str, ...]:
    """The networks in a list with commas. Everybody is none: then anybody could be anywhere."""
    given = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tuple(str(ipaddress.ip_network(part)) for part in given)
    except ValueError as wrong:
        raise SettingMissing(
            "MAINSTEM_PROXIES lists the addresses or networks of your proxies, such as"
            f" 127.0.0.1,10.0.0.0/8: {wrong}."
        ) from None


def _kept_secret(data: Path, name: str) -> str:
    """A secret of this data folder, made once. Two starts at one instant agree on it."""
    path = data / "secrets" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    prefix = "whsec_" if name == "whsec" else ""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        value = prefix + secrets.token_urlsafe(32)
        file.write(value)
    return value
