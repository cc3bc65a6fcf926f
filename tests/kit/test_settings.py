"""Settings: a company starts safely, or says in a sentence why it does not start."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainstem import cli
from mainstem.kit import settings
from mainstem.kit.settings import SettingMissing

SAFE = {
    "MAINSTEM_MODE": "production",
    "MAINSTEM_DATABASE_URL": "postgresql://company@db.example/mainstem?sslmode=verify-full",
    "MAINSTEM_PUBLIC_URL": "https://shop.example",
    "MAINSTEM_SECRET": "K2v9sQ0x7Lr4Tz1Wm8Yb5Nc3Hd6Jf0Pg",
    "STRIPE_API_KEY": "sk_live_51Mainstem",
    "STRIPE_WEBHOOK_SECRET": "whsec_Zk3nV8pQ1rT6wX0yB5cD,whsec_L9mN2bV7xC4zA1sD6fG8",
}


def read(tmp_path: Path, **changes: str) -> settings.Settings:
    return settings.read({"MAINSTEM_DATA": str(tmp_path)} | SAFE | changes)


def test_a_company_with_secrets_and_live_keys_starts(tmp_path: Path) -> None:
    config = read(tmp_path)
    assert not config.demo
    assert config.stripe_livemode
    assert config.stripe_webhook_secrets == tuple(SAFE["STRIPE_WEBHOOK_SECRET"].split(","))
    assert read(tmp_path, STRIPE_API_KEY="rk_live_1", MAINSTEM_PUBLIC_URL="https://shop.example/")
    assert list(tmp_path.iterdir()) == [], "nothing is made up in production"


@pytest.mark.parametrize("name", [name for name in SAFE if name != "MAINSTEM_MODE"])
def test_production_fills_nothing_in(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingMissing, match=f"{name} must be set in production mode"):
        read(tmp_path, **{name: ""})


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MAINSTEM_SECRET", "x", "32 random characters"),
        ("MAINSTEM_SECRET", "x" * 64, "32 random characters"),
        ("MAINSTEM_SECRET", "changeme" * 4, "32 random characters"),
        ("MAINSTEM_SECRET", "Please-change-this-before-production", "32 random characters"),
        ("MAINSTEM_SECRET", "your_32_random_characters_go_here_1", "32 random characters"),
        ("MAINSTEM_SECRET", "abcdefghijklmnopqrstuvwxyz0123456789", "32 random characters"),
        ("MAINSTEM_SECRET", "hardvik mainstem production secret 1", "32 random characters"),
        ("MAINSTEM_PUBLIC_URL", "http://shop.example", "must begin with https://"),
        ("MAINSTEM_PUBLIC_URL", "shop.example", "must begin with https://"),
        ("MAINSTEM_PUBLIC_URL", "https://", "must begin with https://"),
        ("MAINSTEM_PUBLIC_URL", "https://[", "must begin with https://"),
        ("MAINSTEM_PUBLIC_URL", "https://me:word@shop.example", "must begin with https://"),
        ("MAINSTEM_PUBLIC_URL", "https://shop.example/shop", "ends with the host"),
        ("STRIPE_API_KEY", "sk_test_51Mainstem", "must be a live key"),
        ("STRIPE_API_KEY", "sk_test_embedded", "must be a live key"),
        ("STRIPE_API_KEY", "pk_live_51Mainstem", "must be a live key"),
        ("STRIPE_API_BASE", "http://127.0.0.1:8420", "must begin with https://"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_x", "copied whole"),
        ("STRIPE_WEBHOOK_SECRET", "Zk3nV8pQ1rT6wX0yB5cDL9mN2b", "begins with whsec_"),
        ("MAINSTEM_PUBLIC_URL", "https://shop.example:99999", "must begin with https://"),
        ("MAINSTEM_PUBLIC_URL", "https://my shop.example", "must begin with https://"),
        ("MAINSTEM_DATABASE_URL", "foo", "address of a PostgreSQL database"),
        ("MAINSTEM_OWNER_URL", "mysql://root@db.example/shop", "address of a PostgreSQL database"),
        ("MAINSTEM_LOG", "jsn", "MAINSTEM_LOG is text or json"),
        ("MAINSTEM_PORT", "eighty", "from 1 to 65535"),
        ("MAINSTEM_PORT", "65536", "from 1 to 65535"),
        ("MAINSTEM_PORT", "²", "from 1 to 65535"),
        ("MAINSTEM_ZONE", "Europe/Atlantis", "a name such as Europe/Stockholm"),
        ("MAINSTEM_MODE", "live", "demo or production"),
    ],
)
def test_production_refuses_what_anybody_could_guess_or_what_belongs_to_a_test(
    tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    with pytest.raises(SettingMissing, match=sentence):
        read(tmp_path, **{name: value})


@pytest.mark.parametrize("name", ["MAINSTEM_DATABASE_URL", "MAINSTEM_OWNER_URL"])
@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("postgresql://company@db.example/mainstem", False),
        ("postgresql://company@db.example/mainstem?sslmode=require", False),
        ("postgresql://company@db.example/mainstem?sslmode=verify-ca", False),
        ("postgresql://company@10.0.0.7/mainstem", False),
        ("postgresql://company@localhost,db.example/mainstem", False),
        ("postgresql://company@localhost/mainstem?hostaddr=10.0.0.7", False),
        ("postgresql:///mainstem?host=db.example", False),
        ("postgresql://company@db.example/mainstem?sslmode=verify-full", True),
        ("postgresql://company@127.0.0.1:5433/mainstem", True),
        ("postgresql://company@localhost/mainstem", True),
        ("postgresql://company@[::1]/mainstem", True),
        ("postgresql:///mainstem?host=/run/postgresql", True),
        ("postgresql:///mainstem", True),
    ],
)
def test_a_database_elsewhere_is_reached_by_a_connection_whose_certificate_is_checked(
    tmp_path: Path, name: str, url: str, is_safe: bool
) -> None:
    if is_safe:
        assert read(tmp_path, **{name: url})
        return
    with pytest.raises(SettingMissing, match=f"{name} leads to another machine"):
        read(tmp_path, **{name: url})
    assert read(tmp_path, **{name: url.partition("?")[0], "PGSSLMODE": "verify-full"})
    assert read(tmp_path, **{name: url, "MAINSTEM_MODE": "demo"}).demo


def test_what_sets_payments_up_does_not_ask_for_what_it_brings(tmp_path: Path) -> None:
    given = {"MAINSTEM_DATA": str(tmp_path)} | SAFE
    without = given | {"STRIPE_API_KEY": "", "STRIPE_WEBHOOK_SECRET": ""}
    config = settings.read(without, before_payments=True)
    assert (config.demo, config.stripe_webhook_secrets) == (False, ())
    assert list(tmp_path.iterdir()) == [], "nothing is made up in production"
    with pytest.raises(SettingMissing, match="MAINSTEM_SECRET"):
        settings.read(without | {"MAINSTEM_SECRET": ""}, before_payments=True)
    with pytest.raises(SettingMissing, match="STRIPE_API_BASE"):
        settings.read(without | {"STRIPE_API_BASE": "http://127.0.0.1:8420"}, before_payments=True)


@pytest.mark.parametrize("name", ["MAINSTEM_DATABASE_URL", "MAINSTEM_OWNER_URL"])
def test_beside_a_database_of_ones_own_the_mode_is_said_and_never_guessed(
    tmp_path: Path, name: str
) -> None:
    given = {"MAINSTEM_DATA": str(tmp_path), name: "postgresql://company@db.example/mainstem"}
    with pytest.raises(SettingMissing, match="say in MAINSTEM_MODE what runs on it"):
        settings.read(given)
    assert settings.read(given | {"MAINSTEM_MODE": "demo"}).demo
    assert settings.read({"MAINSTEM_DATA": str(tmp_path)}).demo


def test_only_a_demos_data_folder_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secrets").mkdir()
    for name, value in ({"MAINSTEM_DATA": str(tmp_path)} | SAFE).items():
        monkeypatch.setenv(name, value)
    assert cli.main(["reset"]) == 1
    assert "is not removed by this" in capsys.readouterr().err
    assert (tmp_path / "secrets").exists()
    monkeypatch.setenv("MAINSTEM_MODE", "demo")
    assert cli.main(["reset"]) == 0
    assert "was left as it is" in capsys.readouterr().err
    assert not tmp_path.exists()


@pytest.mark.parametrize(
    "endpoint",
    ["http://s3.example.com", "http://10.0.0.7:9000", "ftp://127.0.0.1", "s3.example.com"],
)
def test_a_bucket_is_reached_over_https_or_on_this_machine(tmp_path: Path, endpoint: str) -> None:
    place = "s3://pictures?region=eu-north-1&endpoint="
    with pytest.raises(SettingMissing, match=r"MAINSTEM_PICTURES .* https"):
        read(tmp_path, MAINSTEM_PICTURES=place + endpoint)
    for good in ("https://s3.example.com", "http://127.0.0.1:9000", "http://localhost:9000"):
        assert read(tmp_path, MAINSTEM_PICTURES=place + good).pictures == place + good


def test_mail_leaves_by_one_address_in_production_and_by_none_in_a_demo(tmp_path: Path) -> None:
    url = "smtp://shop:secret-word@mail.example.com:2525"
    server = read(tmp_path, MAINSTEM_SMTP_URL=url).smtp
    assert server is not None
    assert (server.host, server.port, server.tls) == ("mail.example.com", 2525, "starttls")
    assert read(tmp_path).smtp is None
    demo = settings.read({"MAINSTEM_DATA": str(tmp_path), "MAINSTEM_SMTP_URL": url})
    assert demo.smtp is None
    for wrong in (
        "smtp://shop:secret-word@mail.example.com:x",
        "http://shop:secret-word@m.example",
    ):
        with pytest.raises(SettingMissing, match="MAINSTEM_SMTP_URL is an address") as no:
            read(tmp_path, MAINSTEM_SMTP_URL=wrong)
        assert "secret-word" not in str(no.value)
