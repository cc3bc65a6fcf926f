"""Where a message leads: addresses under the company's own, signed where they open something.

They are made when a message is sent or shown, so that nothing which opens a page lies in the
database. Whoever looks over a colleague's shoulder gets links that only show.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from itsdangerous import BadData

from mainstem import joining
from mainstem.identity import (
    EVERYTHING,
    application_link,
    client_link,
    invitation_token,
    quote_link,
    reset_token,
    withdrawal_link,
)
from mainstem.kit.errors import NotFound
from mainstem.kit.signed import signer
from mainstem.mail.messages import TOPICS

_PURPOSE = "mail-preference"


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of one message. `may` is what a link to an order lets its bearer do;
    without `opens_pages` those to quotes, invitations and new passwords open nothing."""

    public_url: str
    secret: str
    may: Collection[str] = EVERYTHING
    opens_pages: bool = True

    def page(self, path: str) -> str:
        """A page of the company's."""
        assert path.startswith("/")
        return self.public_url + path

    def order(self, home_id: int, order_id: UUID) -> str:
        """The client's page of an order."""
        return self.page(f"/order/{client_link(self.secret, home_id, order_id, may=self.may)}")

    def quote(self, home_id: int, lead_id: UUID) -> str:
        """The client's page of a quote."""
        if not self.opens_pages:
            return self.page("/")
        return self.page(f"/quote/{quote_link(self.secret, home_id, lead_id)}")

    def withdrawal(self, home_id: int, id: UUID) -> str:
        """The receipt of a withdrawal. It shows and does nothing, whoever opens it."""
        if not self.opens_pages:
            return self.page("/")
        return self.page(f"/withdrawal/{withdrawal_link(self.secret, home_id, id)}")

    def invitation(self, reference: UUID) -> str:
        """Where somebody who is invited chooses a password."""
        if not self.opens_pages:
            return self.page("/")
        return self.page(f"/invitation?token={invitation_token(self.secret, reference)}")

    def password_reset(self, reference: UUID) -> str:
        """Where somebody who has forgotten their password chooses another."""
        if not self.opens_pages:
            return self.page("/")
        return self.page(f"/sign-in/new-password?token={reset_token(self.secret, reference)}")

    def application(self, application_id: UUID) -> str:
        """The applicant's own page."""
        if not self.opens_pages:
            return self.page("/")
        return self.page(f"/programme/application/{application_link(self.secret, application_id)}")

    def confirmation(self, reference: UUID) -> str:
        """Where an applicant confirms their e-mail."""
        if not self.opens_pages:
            return self.page("/")
        return self.page(
            f"/programme/confirm?token={joining.confirmation_token(self.secret, reference)}"
        )

    def invitation_to_apply(self, invitation_id: UUID) -> str:
        """The application of somebody whom staff have asked to apply."""
        if not self.opens_pages:
            return self.page("/")
        token = joining.invitation_to_apply_token(self.secret, invitation_id)
        return self.page(f"/programme/apply?invitation={quote(token)}")

    def preference(self, person_id: int, topic: str) -> str:
        """Where somebody says how often they want what they may refuse."""
        return self.page(
            f"/mail/preference/{quote(preference_token(self.secret, person_id, topic))}"
        )


def preference_token(secret: str, person_id: int, topic: str) -> str:
    """Names a person and a topic in an address, and opens nothing else. It does not grow old."""
    token = signer(secret, _PURPOSE).dumps([person_id, topic])
    assert isinstance(token, str)
    return token


def read_preference_token(secret: str, token: str) -> tuple[int, str]:
    """The person and topic of a token; NotFound for any other text."""
    try:
        person_id, topic = signer(secret, _PURPOSE).loads(token)
    except (BadData, ValueError):
        raise NotFound("page") from None
    if topic not in TOPICS:
        raise NotFound("page")
    return int(person_id), topic
