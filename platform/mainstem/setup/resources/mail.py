"""Who the company's mail is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mainstem import mail
from mainstem.kit.work import Work
from mainstem.mail import MailSettings
from mainstem.setup.resource import ONLY, Resource


def _settings(work: Work, keys: Sequence[str] | None) -> Mapping[str, MailSettings]:
    found = mail.read_settings(work)
    return {ONLY: found} if found else {}


MAIL = Resource(
    name="mail",
    title="Mail",
    one="sender",
    model=MailSettings,
    key="",
    read=_settings,
    save=lambda work, before, said: mail.save_settings(work, said),
    retire=lambda work, before: mail.retire_settings(work),
    help="Until this is said, clients, affiliates and colleagues are told nothing by mail.",
)
