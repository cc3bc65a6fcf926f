"""What somebody wants to hear, and how often: only of what they may refuse."""

from __future__ import annotations

from dataclasses import dataclass

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.mail.messages import MESSAGES, NEVER, TOPICS, Message, Topic


@dataclass(frozen=True, slots=True)
class Choices:
    """All that one person gets for what they are here: what they may refuse, and what comes anyhow."""

    topics: list[tuple[Topic, str]]
    """Each with what they have chosen, or the usual."""
    always: list[Message]


def choices_of(work: Work, person_id: int) -> Choices:
    """What a person gets by their roles of today, in the order of MESSAGES."""
    held = work.rows(
        """SELECT CASE affiliate_role WHEN 'seller' THEN 'seller' ELSE role END AS role
             FROM membership WHERE person_id = %(person)s AND revoked_at IS NULL""",
        person=person_id,
    )
    roles = {row.role for row in held}
    got = [message for message in MESSAGES.values() if roles.intersection(message.roles)]
    return Choices(
        [
            (TOPICS[message.topic], choice_of(work, person_id, message.topic))
            for message in got
            if message.topic
        ],
        [message for message in got if not message.topic],
    )


def choice_of(work: Work, person_id: int, topic: str) -> str:
    """How often a person gets this; the usual, where they have not chosen."""
    chosen = work.value(
        "SELECT choice FROM mail_preference WHERE person_id = %(person)s AND topic = %(topic)s",
        person=person_id,
        topic=topic,
    )
    return str(chosen or TOPICS[topic].usual)


def choose(work: Work, person_id: int, topic: str, choice: str) -> None:
    """Keep how often a person wants this; InvalidInput for what is not on offer."""
    if topic not in TOPICS or choice not in TOPICS[topic].choices:
        raise InvalidInput(Problem(f"/{topic}", "invalid_field", "Choose one of these."))
    work.run(
        """INSERT INTO mail_preference AS p (person_id, topic, choice, chosen_at)
           VALUES (%(person)s, %(topic)s, %(choice)s, %(now)s)
           ON CONFLICT (person_id, topic) DO UPDATE
              SET choice = excluded.choice, chosen_at = excluded.chosen_at
            WHERE p.choice <> excluded.choice""",
        person=person_id,
        topic=topic,
        choice=choice,
        now=work.now(),
    )


def unsubscribe(work: Work, person_id: int, topic: str) -> None:
    """Nothing more of this topic to this person. Said twice, it is the same."""
    choose(work, person_id, topic, NEVER)
