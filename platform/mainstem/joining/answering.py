"""An applicant's own page: what is asked for, what they have given, and what staff want to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem import network
from mainstem.joining.papers import Paper
from mainstem.joining.programme import Requirement, programme_of
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.text import normalized, refuse_unseen
from mainstem.kit.work import Work

WORDS_MAX = 3000


class ApplicationDecided(Refused):
    """Nothing more is asked of whoever applied."""

    code = "application_decided"
    message = "This application is decided: nothing more is asked for."


@dataclass(frozen=True, slots=True)
class Answer:
    """What an applicant has given for a requirement."""

    id: UUID
    requirement: str
    words: str
    paper_hash: str
    paper_name: str
    paper_kind: str
    paper_bytes: int
    given_at: datetime


@dataclass(frozen=True, slots=True)
class StaffQuestion:
    """What staff have asked, and the answer."""

    id: UUID
    question: str
    asked_by: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None


def answers_of(work: Work, id: UUID) -> dict[str, Answer]:
    """What an applicant has given, by requirement: the last of each."""
    rows = work.rows_as(
        Answer,
        """SELECT DISTINCT ON (requirement) id, requirement, words, paper_hash, paper_name, paper_kind,
                  paper_bytes, given_at
             FROM application_answer WHERE application_id = %(id)s
            ORDER BY requirement, given_at DESC, id DESC""",
        id=id,
    )
    return {row.requirement: row for row in rows}


def questions_of(work: Work, id: UUID) -> list[StaffQuestion]:
    """What staff have asked an applicant, the oldest first."""
    return work.rows_as(
        StaffQuestion,
        """SELECT id, question, asked_by, asked_at, answer, answered_at FROM application_question
            WHERE application_id = %(id)s ORDER BY asked_at, id""",
        id=id,
    )


def missing(work: Work, id: UUID) -> list[Requirement]:
    """The requirements that somebody must meet before they can be approved, and has not."""
    given = answers_of(work, id)
    return [
        one for one in programme_of(work).requirements if one.required and one.code not in given
    ]


def give_words(work: Work, id: UUID, code: str, words: str) -> None:
    """Meet a requirement by a text. Raises ApplicationDecided, NotFound, and InvalidInput."""
    _take(work, id)
    if _requirement(work, code).needs != "text":
        raise InvalidInput(Problem("/paper", "missing", "A file is asked for here."))
    _give(work, id, code, words=_kept("/words", words))


def give_paper(work: Work, id: UUID, code: str, paper: Paper) -> None:
    """Meet a requirement by a file. Raises ApplicationDecided, NotFound, and InvalidInput."""
    _take(work, id)
    if _requirement(work, code).needs != "file":
        raise InvalidInput(Problem("/words", "missing", "A text is asked for here."))
    _give(work, id, code, paper=paper)


def answer(work: Work, id: UUID, question_id: UUID, words: str) -> None:
    """Answer what staff have asked; a later answer takes the place of an earlier one.

    Raises ApplicationDecided, NotFound, and InvalidInput.
    """
    _take(work, id)
    if not work.run(
        """UPDATE application_question SET answer = %(words)s, answered_at = %(now)s
            WHERE id = %(question)s AND application_id = %(id)s""",
        words=_kept("/answer", words),
        now=work.now(),
        question=question_id,
        id=id,
    ):
        raise NotFound("question")
    record(work, "application.answered", id)


def _take(work: Work, id: UUID) -> None:
    state = work.value("SELECT state FROM application WHERE id = %(id)s FOR UPDATE", id=id)
    if state is None or state == "unconfirmed":
        raise NotFound("application")
    if network.ANSWER not in network.MAY[state]:
        raise ApplicationDecided


def _requirement(work: Work, code: str) -> Requirement:
    found = programme_of(work).requirement(code)
    if found is None:
        raise NotFound("requirement")
    return found


def _kept(pointer: str, words: str) -> str:
    if not 0 < len(words.strip()) <= WORDS_MAX:
        raise InvalidInput(
            Problem(
                pointer,
                "missing",
                "Write an answer, in at most {max} characters.",
                {"max": WORDS_MAX},
            )
        )
    refuse_unseen(pointer, words, lines=True)
    return normalized(words)


def _give(work: Work, id: UUID, code: str, *, words: str = "", paper: Paper | None = None) -> None:
    work.run(
        """INSERT INTO application_answer
             (id, application_id, requirement, words, paper_hash, paper_name, paper_kind, paper_bytes, given_at)
           VALUES (%(new)s, %(id)s, %(code)s, %(words)s, %(hash)s, %(name)s, %(kind)s, %(bytes)s, %(now)s)""",
        new=new_id(),
        id=id,
        code=code,
        words=words,
        hash=paper.hash if paper else "",
        name=paper.name if paper else "",
        kind=paper.kind if paper else "",
        bytes=paper.size if paper else 0,
        now=work.now(),
    )
    record(work, "application.fulfilled", id)
