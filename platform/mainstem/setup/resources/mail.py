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


def _save(work: Work, before: MailSettings | None, said: MailSettings) -> None:
    mail.save_settings(work, said)


def _retire(work: Work, before: MailSettings) -> None:
    mail.retire_settings(work)


MAIL = Resource(
    name="mail",
    title="Mail",
    one="sender",
    model=MailSettings,
    key="",
    read=_settings,
    save=_save,
    retire=_retire,
    help="Until this is said, clients, affiliates and colleagues are told nothing by mail.",
)
