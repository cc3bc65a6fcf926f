"""Messages with believable data: to look at, and one of them to try the way out with."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from mainstem.kit.errors import NotFound
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.mail import outbox
from mainstem.mail.links import Links
from mainstem.mail.messages import MESSAGES
from mainstem.mail.outbox import Outgoing, Recipient
from mainstem.mail.rendering import NO_BRAND, Brand, Rendered, render
from mainstem.mail.samples import SAMPLES

_NOWHERE = "only-an-example"
"""Signs the links of previews: none of them opens anything."""


def preview(
    reason: str,
    *,
    locale: str,
    zone: ZoneInfo,
    public_url: str,
    sender: str,
    brand: Brand = NO_BRAND,
) -> Rendered:
    """A message as somebody would read it; NotFound when there is none of this name."""
    if reason not in MESSAGES:
        raise NotFound("page")
    links = Links(public_url, _NOWHERE)
    topic = MESSAGES[reason].topic
    return render(
        reason,
        SAMPLES[reason],
        locale=locale,
        zone=zone,
        links=links,
        sender=sender,
        unsubscribe_url=links.preference(0, topic) if topic else "",
        brand=brand,
    )


def send_test(work: Work, reason: str, to: Recipient) -> bool:
    """Send somebody a message with believable data; whether the company sends mail at all."""
    if reason not in MESSAGES:
        raise NotFound("page")
    one = Outgoing(0, f"test:{new_id()}", to, SAMPLES[reason])
    return bool(outbox.queue_all(work, reason, [one]))
