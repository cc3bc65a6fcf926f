"""Handing a message over by SMTP: one conversation, and one of few answers.

Sent; not now, so try again; or never, with whether it is the address that is at fault. The wire is
encrypted by what `SmtpServer` says, every step has a time limit, and no header takes a line break.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from mainstem.kit.errors import Unavailable
from mainstem.kit.smtp_url import SmtpServer
from mainstem.kit.text import unseen
from mainstem.mail.enclosures import subtype
from mainstem.mail.rendering import Rendered

STEP_SECONDS = 10
"""How long any one answer of the server may take."""

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_NO_SUCH_ADDRESS = (550, 551, 553)


class MailDeferred(Unavailable):
    """Not now: the server is away, busy, or wants it later. It may have arrived."""


class MailRefused(Exception):
    """Never: the same mail would be refused again. `bounced` where it is for the address."""

    def __init__(self, why: str, *, bounced: bool = False) -> None:
        super().__init__(why)
        self.bounced = bounced


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, under which id, and where a click unsubscribes."""

    sender_name: str
    sender_address: str
    reply_to: str
    name: str
    address: str
    message_id: str
    at: datetime
    locale: str
    unsubscribe_url: str = ""


def compose(envelope: Envelope, rendered: Rendered) -> EmailMessage:
    """The message with both its forms. Raises MailRefused for what would break out of a header."""
    message = EmailMessage(policy=SMTPUTF8)
    try:
        message["From"] = _mailbox(envelope.sender_name, envelope.sender_address)
        message["To"] = _mailbox(envelope.name, envelope.address)
        if envelope.reply_to:
            message["Reply-To"] = _mailbox("", envelope.reply_to)
        message["Subject"] = _line(rendered.subject)
        message["Date"] = format_datetime(envelope.at)
        message["Message-ID"] = _line(envelope.message_id)
        message["Content-Language"] = envelope.locale
        message["Auto-Submitted"] = "auto-generated"
        if envelope.unsubscribe_url:
            # RFC 8058: what may be refused is refused by one click in the reader's own program.
            message["List-Unsubscribe"] = f"<{_line(envelope.unsubscribe_url)}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    except (ValueError, IndexError) as wrong:
        raise MailRefused(f"A header cannot be written: {wrong}") from None
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    _enclose(message, rendered)
    return message


def _enclose(message: EmailMessage, rendered: Rendered) -> None:
    """Put the pictures beside the HTML that shows them, each under its own name."""
    _, html = message.iter_parts()
    assert isinstance(html, EmailMessage)
    for cid, picture in rendered.pictures.items():
        kind = subtype(picture)
        html.add_related(
            picture, "image", kind, cid=f"<{cid}>", disposition="inline",
            filename=f"{cid.partition('@')[0]}.{kind}",
        )  # fmt: skip


def _mailbox(name: str, address: str) -> Address:
    local, _, domain = _line(address).strip().rpartition("@")
    if not local or not domain:
        raise ValueError(f"{address!r} is no address")
    wire = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    return Address(_line(name), local, wire)


def _line(text: str) -> str:
    """A text that stays on its line: nothing unseen, so no header can be added by it."""
    if character := unseen(text):
        raise ValueError(f"{character} in a header")
    return text


def send(server: SmtpServer, message: EmailMessage, *, name: str) -> None:
    """Hand a message over. Raises MailDeferred or MailRefused, and nothing else.

    `name` is what we call ourselves to the server. An answer that did not come after the whole
    message had gone is MailDeferred: it is sent again under the same Message-ID.
    """
    sender, recipient = (_bare(message[header]) for header in ("From", "To"))
    try:
        with _connected(server, name) as smtp:
            _hand_over(smtp, sender, recipient, message)
    except smtplib.SMTPRecipientsRefused as no:
        code, said = next(iter(no.recipients.values()))
        raise _judged(code, said, at_address=True) from None
    except smtplib.SMTPDataError as no:
        raise _judged(no.smtp_code, no.smtp_error, at_address=False) from None
    except smtplib.SMTPNotSupportedError as no:
        raise MailRefused(f"The server cannot do it: {no}") from None
    except smtplib.SMTPResponseException as no:
        # Who we are was refused, not the mail: somebody mends that, and it goes out then.
        raise MailDeferred(f"{no.smtp_code} {_words(no.smtp_error)}") from None
    except (smtplib.SMTPException, OSError) as away:
        raise MailDeferred(f"{type(away).__name__}: {away}"[:500]) from None


class _Quiet(smtplib.SMTP):
    """Ends without waiting for a good-bye: what was taken is taken."""

    def __exit__(self, *_: object) -> None:
        self.close()


class _QuietTls(smtplib.SMTP_SSL):
    def __exit__(self, *_: object) -> None:
        self.close()


def _connected(server: SmtpServer, name: str) -> smtplib.SMTP:
    smtp: smtplib.SMTP
    if server.tls == "implicit":
        smtp = _QuietTls(
            server.host, server.port, local_hostname=name, timeout=STEP_SECONDS,
            context=ssl.create_default_context(),
        )  # fmt: skip
    else:
        smtp = _Quiet(server.host, server.port, local_hostname=name, timeout=STEP_SECONDS)
    try:
        smtp.ehlo_or_helo_if_needed()
        if server.tls == "starttls":
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _hand_over(smtp: smtplib.SMTP, sender: str, recipient: str, message: EmailMessage) -> None:
    plain = (sender + recipient).isascii()
    if not plain and not smtp.has_extn("smtputf8"):
        raise smtplib.SMTPNotSupportedError("an address with letters beyond ASCII")
    options = [] if plain else ["SMTPUTF8"]
    smtp.sendmail(
        sender, [recipient], message.as_bytes(policy=SMTP if plain else SMTPUTF8), options
    )


def _bare(header: object) -> str:
    [address] = getattr(header, "addresses", [])
    return str(address.addr_spec)


def _judged(code: int, said: bytes | str, *, at_address: bool) -> Exception:
    words = _words(said)
    if code < 500:
        return MailDeferred(f"{code} {words}")
    found = _ENHANCED.search(words)
    # 5.1 is the address, 5.2.1 a closed mailbox; 5.7 is policy, and says nothing of the address.
    if found:
        bounced = at_address and (found[2] == "1" or found[0] == "5.2.1")
    else:
        bounced = at_address and code in _NO_SUCH_ADDRESS
    return MailRefused(f"{code} {words}", bounced=bounced)


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:400]


def hostname() -> str:
    """What we call ourselves to a mail server."""
    return socket.gethostname() or "localhost"
