"""Mail: what people are told, once for each reason and recipient, in their language."""

from mainstem.mail.affiliates import people_of
from mainstem.mail.bounces import lift_bounce, mark_bounced
from mainstem.mail.contexts import ApplicationStep, Context, Invitation
from mainstem.mail.enclosures import written_in
from mainstem.mail.follow import REACTIONS
from mainstem.mail.forgetting import KEPT, forget_bodies
from mainstem.mail.links import Links, preference_token, read_preference_token
from mainstem.mail.messages import ALWAYS, MESSAGES, NEVER, TOPICS, Message, Topic
from mainstem.mail.outbox import Outgoing, Recipient, is_on, queue, queue_all
from mainstem.mail.preferences import Choices, choice_of, choices_of, choose, unsubscribe
from mainstem.mail.preview import preview, send_test
from mainstem.mail.queries import (
    RARE_STATES,
    Bounce,
    about,
    bounce_of,
    bounces,
    listed,
    mail_named,
    people_written_to,
    recipient_of,
    to_addresses,
)
from mainstem.mail.rendering import NO_BRAND, Brand, Rendered
from mainstem.mail.sending import brand_of, deliver, rendered_row, sender_name
from mainstem.mail.settings import (
    MailSettings,
    read_settings,
    retire_settings,
    save_settings,
)
from mainstem.mail.smtp import MailDeferred, MailRefused

__all__ = [
    "ALWAYS",
    "KEPT",
    "MESSAGES",
    "NEVER",
    "NO_BRAND",
    "RARE_STATES",
    "REACTIONS",
    "TOPICS",
    "ApplicationStep",
    "Bounce",
    "Brand",
    "Choices",
    "Context",
    "Invitation",
    "Links",
    "MailDeferred",
    "MailRefused",
    "MailSettings",
    "Message",
    "Outgoing",
    "Recipient",
    "Rendered",
    "Topic",
    "about",
    "bounce_of",
    "bounces",
    "brand_of",
    "choice_of",
    "choices_of",
    "choose",
    "deliver",
    "forget_bodies",
    "is_on",
    "lift_bounce",
    "listed",
    "mail_named",
    "mark_bounced",
    "people_of",
    "people_written_to",
    "preference_token",
    "preview",
    "queue",
    "queue_all",
    "read_preference_token",
    "read_settings",
    "recipient_of",
    "rendered_row",
    "retire_settings",
    "save_settings",
    "send_test",
    "sender_name",
    "to_addresses",
    "unsubscribe",
    "written_in",
]
