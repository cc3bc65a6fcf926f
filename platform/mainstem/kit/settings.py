"""Settings: read once from the environment, frozen, and complete or refused."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit
from zoneinfo import ZoneInfo

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from mainstem.kit import smtp_url
from mainstem.kit.malware import Scanner, scanner_at
from mainstem.kit.signed import Secret
from mainstem.kit.smtp_url import LOOPBACK, SmtpServer

SECRET_LENGTH_MIN = 32
SECRET_LETTERS_MIN = 12
_PLACEHOLDERS = (
    "change", "secret", "random", "replace", "example", "password", "mainstem", "abcdef", "qwerty",
    "123456",
)  # fmt: skip
"""What stands in a secret that somebody was to replace; chance writes none of it."""

WEBHOOK_SECRET_LENGTH_MIN = 24

EMBEDDED_KEY = "sk_test_embedded"
"""The key by which our own gateway is asked, where the environment names none."""


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
    """It signs; `Secret.before` opens as well while one is exchanged."""
    stripe_key: str
    stripe_api_base: str | None
    stripe_webhook_secrets: tuple[str, ...]
    stripe_livemode: bool
    gateway_secret: str
    """By what the embedded gateway proves that it is ours."""

    log_json: bool
    other_currency: str  # convert | bank: how earnings are paid that no account takes
    proxies: tuple[str, ...]
    """Addresses and networks whose word is taken for where a request came from."""
    pictures: str
    """Where pictures lie: empty for the data folder, or a bucket, `s3://name?endpoint=…`."""
    refund_limits: Mapping[str, Mapping[str, int]]
    """What one person in a role may send back of one order, by currency, in whole units."""
    smtp: SmtpServer | None = None
    """Where mail leaves; without one, and in a demo, mail is kept to be read and not sent."""
    scanner: Scanner | None = None
    """Who searches papers of applicants for malware, where the company has one."""
    second_factor: str = "money"
    """Who must have one before any page of theirs: those who deal with `money`, or `everybody`."""

    @property
    def demo(self) -> bool:
        """Whether the clock may be moved and the demo company seeded."""
        return self.mode == "demo"

    @property
    def is_embedded(self) -> bool:
        """Whether the gateway is our own: it is, unless somebody gave us a key of another."""
        return self.stripe_key == EMBEDDED_KEY


def read(
    environment: Mapping[str, str] | None = None, *, before_payments: bool = False
) -> Settings:
    """The settings, or SettingMissing with a sentence that says which and why.

    `before_payments` is for what sets payments up: it does not ask for what it is to bring.
    """
    env = dict(os.environ if environment is None else environment)
    mode = _mode(env)
    data = Path(env.get("MAINSTEM_DATA", ".data")).resolve()
    port = _port(env.get("MAINSTEM_PORT", "8400"))
    host = env.get("MAINSTEM_HOST", "127.0.0.1")
    stripe_key = env.get("STRIPE_API_KEY", "")
    secrets_given = tuple(s for s in env.get("STRIPE_WEBHOOK_SECRET", "").split(",") if s)
    if mode == "production":
        _check_production(env, before_payments=before_payments)
    return Settings(
        mode=mode,
        data=data,
        database_url=_database(env, "MAINSTEM_DATABASE_URL"),
        owner_url=_database(env, "MAINSTEM_OWNER_URL"),
        zone=_zone(env.get("MAINSTEM_ZONE", "Europe/Stockholm")),
        host=host,
        port=port,
        public_url=env.get("MAINSTEM_PUBLIC_URL", f"http://{host}:{port}").rstrip("/"),
        secret=_secret(env, data),
        stripe_key=stripe_key or EMBEDDED_KEY,
        stripe_api_base=env.get("STRIPE_API_BASE") or None,
        stripe_webhook_secrets=secrets_given
        or (() if mode == "production" else (_kept_secret(data, "whsec"),)),
        stripe_livemode=stripe_key.startswith(("sk_live_", "rk_live_")),
        gateway_secret=env.get("MAINSTEM_GATEWAY_SECRET")
        or ("" if mode == "production" else _kept_secret(data, "gateway")),
        log_json=_one_of(env, "MAINSTEM_LOG", "text", "json") == "json",
        other_currency=_one_of(env, "MAINSTEM_OTHER_CURRENCY", "convert", "bank"),
        proxies=_networks(env.get("MAINSTEM_PROXIES", "")),
        pictures=_bucket(env.get("MAINSTEM_PICTURES", "")),
        refund_limits=_limits(env.get("MAINSTEM_REFUND_LIMITS", "")),
        scanner=_scanner(env.get("MAINSTEM_CLAMD", "")),
        second_factor=_one_of(env, "MAINSTEM_SECOND_FACTOR", "money", "everybody"),
        smtp=_smtp(env.get("MAINSTEM_SMTP_URL", "")) if mode == "production" else None,
    )


def _mode(env: Mapping[str, str]) -> str:
    """The mode. Beside a database of somebody's own it is said, never guessed."""
    given = [name for name in ("MAINSTEM_DATABASE_URL", "MAINSTEM_OWNER_URL") if env.get(name)]
    mode = env.get("MAINSTEM_MODE") or (None if given else "demo")
    if mode is None:
        raise SettingMissing(
            f"{given[0]} names a database of your own, so say in MAINSTEM_MODE what runs on it:"
            " production, or demo on one that is empty or that a demo has made."
        )
    if mode not in ("demo", "production"):
        raise SettingMissing("MAINSTEM_MODE is demo or production.")
    return mode


def _check_production(env: Mapping[str, str], *, before_payments: bool) -> None:
    """Refuse what is missing, what anybody could guess, and what belongs to a test."""
    of_stripe = () if before_payments else ("STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET")
    needed = ("MAINSTEM_DATABASE_URL", "MAINSTEM_PUBLIC_URL", "MAINSTEM_SECRET", *of_stripe)
    for name in needed:
        if not env.get(name):
            raise SettingMissing(f"{name} must be set in production mode.")
    secret = env["MAINSTEM_SECRET"]
    if (
        len(secret) < SECRET_LENGTH_MIN
        or len(set(secret)) < SECRET_LETTERS_MIN
        or any(word in secret.lower() for word in _PLACEHOLDERS)
    ):
        raise SettingMissing(
            f"MAINSTEM_SECRET must be {SECRET_LENGTH_MIN} random characters or more: it signs every"
            " client's link. `openssl rand -base64 32` makes one."
        )
    public = _split(env["MAINSTEM_PUBLIC_URL"])
    if public is None or public.scheme != "https" or not public.hostname or public.username:
        raise SettingMissing(
            "MAINSTEM_PUBLIC_URL must begin with https:// and name your host: sign-ins, addresses"
            " and payments must not be readable on the way."
        )
    if public.path.strip("/") or public.query or public.fragment:
        raise SettingMissing(
            "MAINSTEM_PUBLIC_URL ends with the host: Mainstem serves the whole of it."
        )
    if not env.get("STRIPE_API_BASE", "https://").startswith("https://"):
        raise SettingMissing(
            "STRIPE_API_BASE must begin with https:// or be left out: your live key goes there."
        )
    for name in ("MAINSTEM_DATABASE_URL", "MAINSTEM_OWNER_URL"):
        _check_way_to_database(env, name)
    if not before_payments:
        _check_stripe(env)


def _check_way_to_database(env: Mapping[str, str], name: str) -> None:
    """Clients' names and addresses go there: over a socket, on this machine, or to a server whose
    certificate is checked. Everything else could be read, or answered by somebody else."""
    url = _database(env, name)
    if not url:
        return
    try:
        asked = conninfo_to_dict(url)
    except ProgrammingError:
        raise SettingMissing(f"{name} is no address that PostgreSQL understands.") from None
    hosts = str(asked.get("hostaddr") or asked.get("host") or env.get("PGHOST", "")).split(",")
    is_here = all(not host or host.startswith(("/", "@")) or host in LOOPBACK for host in hosts)
    if not is_here and (asked.get("sslmode") or env.get("PGSSLMODE")) != "verify-full":
        raise SettingMissing(
            f"{name} leads to another machine, so end it with ?sslmode=verify-full (and, unless its"
            " certificate is one that everybody trusts, &sslrootcert= and the file of the authority):"
            " without it the connection can be read, or answered by somebody else."
        )


def _check_stripe(env: Mapping[str, str]) -> None:
    if not env["STRIPE_API_KEY"].startswith(("sk_live_", "rk_live_")):
        raise SettingMissing(
            "STRIPE_API_KEY must be a live key, sk_live_… or rk_live_…: with any other one clients"
            " would order and pay nothing. Test keys are for demo mode."
        )
    for given in env["STRIPE_WEBHOOK_SECRET"].split(","):
        if not given.startswith("whsec_") or len(given) < WEBHOOK_SECRET_LENGTH_MIN:
            raise SettingMissing(
                "STRIPE_WEBHOOK_SECRET lists the signing secrets of your destinations at Stripe,"
                " with commas: each begins with whsec_ and is copied whole."
            )


def _secret(env: Mapping[str, str], data: Path) -> Secret:
    """The company's secret, and the one that it takes the place of, where one is exchanged."""
    secret = env.get("MAINSTEM_SECRET") or _kept_secret(data, "session")
    before = env.get("MAINSTEM_SECRET_BEFORE", "")
    if before == secret:
        raise SettingMissing(
            "MAINSTEM_SECRET_BEFORE is the secret that MAINSTEM_SECRET takes the place of: both are"
            " the same now. Set a new MAINSTEM_SECRET, or leave the other out."
        )
    return Secret(secret, before)


def _database(env: Mapping[str, str], name: str) -> str | None:
    url = env.get(name) or None
    found = _split(url) if url else None
    if url and (found is None or found.scheme not in ("postgresql", "postgres")):
        raise SettingMissing(
            f"{name} is the address of a PostgreSQL database, such as"
            " postgresql://user:password@host/name."
        )
    return url


def _split(url: str) -> SplitResult | None:
    try:
        found = urlsplit(url)
        return None if found.port == 0 or " " in found.netloc else found
    except ValueError:  # among others a port above 65535
        return None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536):
        raise SettingMissing("MAINSTEM_PORT is a number from 1 to 65535.")
    return int(text)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingMissing(
            f"MAINSTEM_ZONE is a name such as Europe/Stockholm; there is no {name!r}."
        ) from None


def _one_of(env: Mapping[str, str], name: str, *choices: str) -> str:
    """A setting with few values; the first where nothing is said."""
    value = env.get(name) or choices[0]
    if value not in choices:
        raise SettingMissing(f"{name} is {' or '.join(choices)}.")
    return value


def _networks(text: str) -> tuple[str, ...]:
    """The networks in a list with commas. Everybody is none: then anybody could be anywhere."""
    given = [part.strip() for part in text.split(",") if part.strip()]
    try:
        networks = [ipaddress.ip_network(part) for part in given]
        for network in networks:
            if network.prefixlen == 0:
                raise ValueError(f"{network} is everybody")
        return tuple(map(str, networks))
    except ValueError as wrong:
        raise SettingMissing(
            "MAINSTEM_PROXIES lists the addresses or networks of your proxies, such as"
            f" 127.0.0.1,10.0.0.0/8: {wrong}."
        ) from None


def _smtp(url: str) -> SmtpServer | None:
    try:
        return smtp_url.read(url) if url else None
    except ValueError as wrong:
        # Whatever the address says stays unsaid: a password may stand in it.
        said = str(wrong)
        said = (
            said if said.endswith(".") else "is an address such as smtp://user:password@host:587."
        )
        raise SettingMissing(f"MAINSTEM_SMTP_URL {said}") from None


def _scanner(address: str) -> Scanner | None:
    try:
        return scanner_at(address)
    except ValueError:
        raise SettingMissing(
            "MAINSTEM_CLAMD is where clamd listens on this machine, such as"
            " unix:/run/clamav/clamd.ctl or tcp://127.0.0.1:3310: what it is sent is not encrypted."
        ) from None


def _bucket(text: str) -> str:
    """A bucket for pictures. Whoever reads it takes its keys from the environment as well."""
    found = _split(text) if text else None
    if text and (found is None or found.scheme != "s3" or not found.hostname):
        raise SettingMissing(
            "MAINSTEM_PICTURES names a bucket, such as s3://pictures?endpoint=https://s3.example.com"
            "&region=eu-north-1; left out, pictures lie in the data folder."
        )
    for endpoint in parse_qs(found.query).get("endpoint", []) if found else []:
        there = _split(endpoint)
        is_here = there is not None and there.scheme == "http" and there.hostname in LOOPBACK
        if there is None or not (there.scheme == "https" or is_here):
            raise SettingMissing(
                "MAINSTEM_PICTURES names an endpoint that begins with https://, or a server on this"
                " very machine: what browsers are shown must not be changed on the way."
            )
    return text


def _limits(text: str) -> dict[str, dict[str, int]]:
    """`lead_desk:SEK=5000,EUR=500;finance:SEK=50000` as {role: {currency: whole units}}."""
    limits: dict[str, dict[str, int]] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        role, _, amounts = part.partition(":")
        for amount in amounts.split(","):
            found = re.fullmatch(r"\s*([A-Z]{3})\s*=\s*([0-9]{1,12})\s*", amount)
            if role.strip() not in ("lead_desk", "finance", "integration") or not found:
                raise SettingMissing(
                    "MAINSTEM_REFUND_LIMITS says what one person may send back of one order, in whole"
                    f" units, such as lead_desk:SEK=5000,EUR=500;finance:SEK=50000: not {part!r}."
                )
            limits.setdefault(role.strip(), {})[found[1]] = int(found[2])
    return limits


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
