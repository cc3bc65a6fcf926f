"""Who the company's mail is from. Until it is set, nothing is queued."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from mainstem.kit.contact import email_key
from mainstem.kit.documents import Document, Line, Name
from mainstem.kit.work import Work


def _address(text: str) -> str:
    if text and email_key(text) is None:
        raise PydanticCustomError("email_invalid", "Write an e-mail address like name@example.com.")
    return text


class MailSettings(Document):
    """The sender of everything, and where answers go."""

    sender_name: Name = Field(
        title="Sender's name", description="What stands beside the address in an inbox."
    )
    sender_address: Annotated[Name, AfterValidator(_address)] = Field(
        title="Sender's address",
        description="An address of a domain that your mail server may send for.",
    )
    reply_to: Annotated[Line, AfterValidator(_address)] = Field(
        default="",
        title="Answers go to",
        description="Where an answer is read; empty for the sender's own address.",
    )


def read_settings(work: Work) -> MailSettings | None:
    """Who the company's mail is from; None until somebody has said it."""
    row = work.row("SELECT sender_name, sender_address, reply_to FROM mail_settings")
    return MailSettings(**row._asdict()) if row else None


def save_settings(work: Work, settings: MailSettings) -> bool:
    """Write who the mail is from; whether that changed anything."""
    return bool(
        work.run(
            """INSERT INTO mail_settings AS m (sender_name, sender_address, reply_to)
               VALUES (%(name)s, %(address)s, %(reply_to)s)
               ON CONFLICT (one) DO UPDATE
                  SET sender_name = excluded.sender_name, reply_to = excluded.reply_to,
                      sender_address = excluded.sender_address
                WHERE (m.sender_name, m.sender_address, m.reply_to)
                      IS DISTINCT FROM
                      (excluded.sender_name, excluded.sender_address, excluded.reply_to)""",
            name=settings.sender_name,
            address=settings.sender_address,
            reply_to=settings.reply_to,
        )
    )


def retire_settings(work: Work) -> bool:
    """Send nothing any more; whether there was anything to retire."""
    return bool(work.run("DELETE FROM mail_settings"))
