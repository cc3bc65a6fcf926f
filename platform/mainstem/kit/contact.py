"""Ways to reach a person, in the one form in which two of them can be compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import email_validator
import phonenumbers

from mainstem.kit.text import unseen

_EMAIL_MAX = 254  # RFC 5321: a longer one cannot be delivered to
_LOCAL_MAX = 64
_PLAIN_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")

# Providers that read their users' addresses without the dots (and, at Proton, hyphens and
# underscores), and the other domains of the same mailboxes. `mailbox_of` in the database says the
# same for whoever takes part.
_SAME_DOMAIN = {
    "googlemail.com": "gmail.com", "protonmail.com": "proton.me", "pm.me": "proton.me",
}  # fmt: skip
_UNREAD = {"gmail.com": ".", "proton.me": ".-_"}


def email_key(email: str) -> str | None:
    """The address as it is compared, or None when nothing could be delivered to it.

    In compatible form and lower case, its domain as the wire has it (`xn--…`). Nobody is asked
    whether it exists.
    """
    email = email.strip()
    if unseen(email):
        return None
    email = email if email.isascii() else unicodedata.normalize("NFKC", email)
    local, _, domain = email.lower().rpartition("@")
    if not local or len(email) > _EMAIL_MAX:
        return None
    if _PLAIN_LOCAL.fullmatch(local):
        fits = len(local) <= _LOCAL_MAX
        wire = _domain(domain) if fits else None
        return f"{local}@{wire}" if wire and len(local) + len(wire) < _EMAIL_MAX else None
    return _judged(f"{local}@{domain}")


@lru_cache(maxsize=4096)
def _domain(domain: str) -> str | None:
    """A domain on the wire. Few of them have most of the clients, so each is judged once."""
    judged = _judged(f"a@{domain}")
    return judged.removeprefix("a@") if judged else None


def _judged(email: str) -> str | None:
    try:
        found = email_validator.validate_email(email, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return None
    return f"{found.local_part.lower()}@{found.ascii_domain}"


def mailbox_of(key: str) -> str:
    """The mailbox behind an address (`email_key`): without a sub-address, and without what its
    provider does not read.

    It tells whether two addresses reach one person, and is never written to.
    """
    local, _, domain = key.rpartition("@")
    if not local:
        return key
    domain = _SAME_DOMAIN.get(domain, domain)
    mailbox = local[:1] + local[1:].split("+", 1)[0]
    for character in _UNREAD.get(domain, ""):
        mailbox = mailbox.replace(character, "")
    return f"{mailbox or local}@{domain}"


def phone_key(phone: str, country: str) -> str | None:
    """The number in E.164, read as one dials it in `country`; None when there is no such number."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
