"""What somebody wants to hear, and how often: only of what they may refuse."""

from __future__ import annotations

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.mail.messages import NEVER, TOPICS


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
        raise InvalidInput(Problem("/choice", "invalid_field", "Choose one of these."))
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
