"""What somebody gets by mail, as they choose it on a page: behind a link, in the portal, in the console."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import create_model

from mainstem import mail
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.forms import Form, FormFields

LABELS = {
    mail.ALWAYS: "When it happens",
    "daily": "Each day",
    "weekly": "Each week",
    mail.NEVER: "Never",
}
KEPT = "Kept. From now on you get it like this."


class TopicChoice(msgspec.Struct, frozen=True):
    """One thing that may be refused: (value, label) of each choice, and what holds now."""

    key: str
    name: str
    choices: list[tuple[str, str]]
    chosen: str


class MailChoices(msgspec.Struct, frozen=True):
    """All of it: what may be refused, and what comes in any case."""

    topics: list[TopicChoice]
    always: list[str]


_TOPICS: dict[str, Any] = dict.fromkeys(mail.TOPICS, (str, ""))
_Fields = create_model("_Fields", __base__=FormFields, **_TOPICS)


def chosen_in(form: Form) -> dict[str, str]:
    """What a form says of each topic that it names."""
    return {key: choice for key, choice in form.into(_Fields).model_dump().items() if choice}


def choices_for(work: Work, language: Language, person_id: int) -> MailChoices:
    """What one person gets, in their words."""
    found = mail.choices_of(work, person_id)
    return MailChoices(
        [
            TopicChoice(
                topic.key,
                language.text(topic.name),
                [(one, language.text(LABELS[one])) for one in topic.choices],
                chosen,
            )
            for topic, chosen in found.topics
        ],
        [language.text(message.name) for message in found.always],
    )


def keep(work: Work, person_id: int, chosen: dict[str, str]) -> None:
    """Keep what was chosen of each topic that is this person's to choose.

    Raises InvalidInput for what is not on offer.
    """
    for topic, _ in mail.choices_of(work, person_id).topics:
        if topic.key in chosen:
            mail.choose(work, person_id, topic.key, chosen[topic.key])
