"""A real conversation with a mail server: what it may answer, and what becomes of the mail."""

from __future__ import annotations

import socket
import ssl
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from mainstem.kit import smtp_url
from mainstem.kit.smtp_url import SmtpServer
from mainstem.mail import MailDeferred, MailRefused, Rendered, smtp
from mainstem.mail.smtp import Envelope, compose, send

from .conftest import MailServer, Serve

RENDERED = Rendered("Grüße åt Ada", "<p>Hej</p>", "Hej\n")
ENVELOPE = Envelope(
    sender_name="Shop, of Alder",
    sender_address="hello@alder.example",
    reply_to="desk@alder.example",
    name="Åda Lind",
    address="ada@example.com",
    message_id="<1@alder.example>",
    at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    locale="sv",
)


def hand_over(post: MailServer, envelope: Envelope = ENVELOPE) -> None:
    send(post.server, compose(envelope, RENDERED), name="here.example")


def test_a_message_arrives_with_both_its_forms_and_its_heads(serve: Serve) -> None:
    post = serve()
    hand_over(post)
    [message] = post.taken
    assert post.recipients == ["ada@example.com"]
    assert message["subject"] == "Grüße åt Ada"
    assert message["from"] == '"Shop, of Alder" <hello@alder.example>'
    assert message["to"] == "Åda Lind <ada@example.com>"
    assert message["reply-to"] == "desk@alder.example"
    assert message["message-id"] == "<1@alder.example>"
    assert message["auto-submitted"] == "auto-generated"
    assert message["list-unsubscribe"] is None
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    plain = message.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().split() == ["Hej"]


def test_what_may_be_refused_is_refused_by_one_click(serve: Serve) -> None:
    post = serve()
    hand_over(post, replace(ENVELOPE, unsubscribe_url="https://shop.example/mail/preference/t"))
    [message] = post.taken
    assert message["list-unsubscribe"] == "<https://shop.example/mail/preference/t>"
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("answer", "outcome", "bounced"),
    [
        ("450 4.2.1 later", MailDeferred, None),
        ("452 4.2.2 mailbox full", MailDeferred, None),
        ("421 4.3.2 shutting down", MailDeferred, None),
        ("550 5.1.1 no such user", MailRefused, True),
        ("550 no such user", MailRefused, True),
        ("551 user not local", MailRefused, True),
        ("550 5.2.1 mailbox disabled", MailRefused, True),
        ("550 5.7.1 policy says no", MailRefused, False),
        ("552 5.2.2 mailbox full for good", MailRefused, False),
        ("554 5.7.1 relay denied", MailRefused, False),
    ],
)
def test_an_answer_about_the_address(
    serve: Serve, answer: str, outcome: type[Exception], bounced: bool | None
) -> None:
    post = serve()
    post.at_rcpt["ada@example.com"] = answer
    with pytest.raises(outcome) as no:
        hand_over(post)
    assert answer[:3] in str(no.value)
    if isinstance(no.value, MailRefused):
        assert no.value.bounced is bounced
    assert post.taken == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("451 4.3.0 later", MailDeferred), ("554 5.6.0 we do not like it", MailRefused)],
)
def test_an_answer_about_the_message_is_not_about_the_address(
    serve: Serve, answer: str, outcome: type[Exception]
) -> None:
    post = serve()
    post.at_data = [answer]
    with pytest.raises(outcome) as no:
        hand_over(post)
    assert not getattr(no.value, "bounced", False)


def test_a_line_that_breaks_in_the_middle_of_the_message_is_tried_again(serve: Serve) -> None:
    post = serve()
    post.at_data = [None]
    with pytest.raises(MailDeferred):
        hand_over(post)
    hand_over(post)
    assert [message["message-id"] for message in post.taken] == ["<1@alder.example>"]


def test_a_server_that_is_away_or_says_nothing_is_waited_for_no_longer_than_a_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp, "STEP_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(MailDeferred, match=r"TimeoutError|timed out"):
            send(SmtpServer("127.0.0.1", port, "off"), compose(ENVELOPE, RENDERED), name="h")
    with pytest.raises(MailDeferred, match="ConnectionRefused"):
        send(SmtpServer("127.0.0.1", port, "off"), compose(ENVELOPE, RENDERED), name="h")


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Ada\r\nBcc: everybody@example.com"},
        {"name": "Ada\nX: y"},
        {"sender_name": "Shop\r\n\r\n<p>body"},
        {"address": "ada@example.com\r\nBcc: b@example.com"},
        {"address": "ada@example.com>\nRCPT TO:<b@example.com"},
        {"reply_to": "a@example.com\r\nX: y"},
        {"message_id": "<1@x>\r\nX: y"},
        {"unsubscribe_url": "https://x/\r\nX: y"},
        {"address": "nobody"},
    ],
)
def test_nothing_breaks_out_of_a_header(changes: dict[str, Any]) -> None:
    with pytest.raises(MailRefused, match="header"):
        compose(replace(ENVELOPE, **changes), RENDERED)


def test_a_subject_with_a_line_break_is_refused() -> None:
    with pytest.raises(MailRefused, match="header"):
        compose(ENVELOPE, replace(RENDERED, subject="Hello\r\nBcc: b@example.com"))


def test_an_address_beyond_ascii_needs_a_server_that_takes_it(serve: Serve) -> None:
    envelope = replace(ENVELOPE, address="åsa@exämple.com")
    takes, takes_not = serve(), serve(utf8=False)
    hand_over(takes, envelope)
    assert takes.recipients == ["åsa@xn--exmple-cua.com"]
    with pytest.raises(MailRefused, match="beyond ASCII") as no:
        hand_over(takes_not, envelope)
    assert not no.value.bounced
    hand_over(takes_not)  # and the next mail goes out
    assert len(takes_not.taken) == 1


def test_a_local_part_that_is_too_long_is_the_servers_to_refuse(serve: Serve) -> None:
    post = serve()
    long = f"{'a' * 65}@example.com"
    post.at_rcpt[long] = "553 5.1.3 local part too long"
    with pytest.raises(MailRefused) as no:
        hand_over(post, replace(ENVELOPE, address=long))
    assert no.value.bounced


# ---------------------------------------------------------------- encryption, and who we are


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of localhost, by itself."""
    folder = tmp_path_factory.mktemp("certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-keyout", key, "-out", cert, "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def tls_of(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


def test_the_wire_is_encrypted_before_a_password_is_said(
    serve: Serve, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    asked: list[tuple[bytes, bytes]] = []

    def checked(_server: Any, _session: Any, _envelope: Any, _how: str, told: Any) -> AuthResult:
        asked.append((told.login, told.password))
        return AuthResult(success=told.password == b"right", handled=False)

    def url(password: str) -> SmtpServer:
        return smtp_url.read(f"smtp://shop:{password}@localhost:1")

    post = serve(
        url=url("right"), tls_context=tls_of(certificate), require_starttls=True,
        authenticator=checked, auth_required=True,
    )  # fmt: skip
    hand_over(post)
    assert len(post.taken) == 1
    assert asked == [(b"shop", b"right")]
    wrong = replace(url("wrong"), port=post.server.port)
    with pytest.raises(MailDeferred, match="535"):
        send(wrong, compose(ENVELOPE, RENDERED), name="h")


def test_a_server_that_cannot_encrypt_or_is_somebody_else_gets_nothing(
    serve: Serve, certificate: tuple[Path, Path]
) -> None:
    plain = serve(url=smtp_url.read("smtp://localhost:1"))
    with pytest.raises((MailDeferred, MailRefused)):
        hand_over(plain)
    unknown = serve(url=smtp_url.read("smtp://localhost:1"), tls_context=tls_of(certificate))
    with pytest.raises(MailDeferred, match="SSL"):
        hand_over(unknown)
    assert plain.taken == unknown.taken == []


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", SmtpServer("mail.example.com", 587, "starttls")),
        ("smtps://u:p%40ss@mail.example.com", SmtpServer("mail.example.com", 465, "implicit", "u", "p@ss")),
        ("smtp://127.0.0.1:25?tls=off", SmtpServer("127.0.0.1", 25, "off")),
    ],
)  # fmt: skip
def test_an_address_says_which_server(url: str, server: SmtpServer) -> None:
    assert smtp_url.read(url) == server
    assert "p@ss" not in repr(server)


@pytest.mark.parametrize(
    "url",
    ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://mail.example.com?tls=off",
     "smtp://u@mail.example.com", "smtp://mail.example.com?tls=maybe", "smtps://localhost?tls=off",
     "smtp://mail.example.com/folder", "smtp://localhost:99999"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"\.$|[Pp]ort"):
        smtp_url.read(url)
