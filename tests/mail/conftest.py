"""A mail server in this process, which answers as it is told, and a company that writes to people."""

from __future__ import annotations

from asyncio import Server
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.company import Company, a_company

from mainstem import guarantee, mail
from mainstem.kit.db import Database
from mainstem.kit.smtp_url import SmtpServer


@dataclass
class MailServer:
    """What came in, and what is answered: `at_rcpt` by address, `at_data` once for all."""

    taken: list[EmailMessage] = field(default_factory=list)
    at_rcpt: dict[str, str] = field(default_factory=dict)
    at_data: list[str | None] = field(default_factory=list)
    """Answers to the next messages, in order; None hangs up instead."""
    recipients: list[str] = field(default_factory=list)
    server: SmtpServer = field(default_factory=lambda: SmtpServer("127.0.0.1", 0, "off"))

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        no = self.at_rcpt.get(address)
        if no:
            return no
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.at_data.pop(0) if self.at_data else "250 OK"
        if answer is None:
            assert server.transport is not None
            server.transport.close()
            return "451 gone"
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
            self.recipients += envelope.rcpt_tos
        return answer

    @property
    def subjects(self) -> list[str]:
        return [str(message["subject"]) for message in self.taken]


class _OnAFreePort(Controller):
    """Asks itself at the port that it got."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # the package leaves it untyped


Serve = Callable[..., MailServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts mail servers on free ports of this machine."""
    running: list[Controller] = []

    def start(*, url: SmtpServer | None = None, utf8: bool = True, **options: Any) -> MailServer:
        handler = MailServer()
        controller = _OnAFreePort(
            handler, hostname="127.0.0.1", port=0, enable_SMTPUTF8=utf8, **options
        )
        controller.start()
        running.append(controller)
        handler.server = replace(url or handler.server, port=controller.port)
        return handler

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def post(serve: Serve, database: Database) -> MailServer:
    """The server that the company's mail leaves by."""
    guarantee.notice_png("sv")  # drawn once a process, and no part of how long a test's mail takes
    server = serve()
    database.tools = replace(
        database.tools, smtp=server.server, secret="a secret" * 4, public_url="https://shop.example"
    )
    return server


@pytest.fixture
def company(database: Database) -> Company:
    """The small company, which has said who its mail is from."""
    with database.work() as work:
        mail.save_settings(
            work,
            mail.MailSettings(
                sender_name="Alder & Co",
                sender_address="hello@alder.example",
                reply_to="desk@alder.example",
            ),
        )
        return a_company(work)


@dataclass
class Outbox:
    """The outbox as a test sees it."""

    database: Database

    def rows(self, reason: str = "") -> list[Any]:
        with self.database.work() as work:
            return work.rows(
                "SELECT * FROM mail WHERE %(reason)s IN ('', reason) ORDER BY created_at, id",
                reason=reason,
            )

    def states(self, reason: str = "") -> list[tuple[str, str]]:
        return [(row.reason, row.state) for row in self.rows(reason)]

    def due(self) -> None:
        """As if every back-off were over."""
        with self.database.work() as work:
            work.run("UPDATE fact_waiting SET next_at = clock_timestamp() WHERE state = 'waiting'")


@pytest.fixture
def outbox(database: Database) -> Outbox:
    """What was queued, and how far it came."""
    return Outbox(database)
