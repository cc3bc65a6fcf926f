"""Programs of the company: by their key, with a new Idempotency-Key for whatever they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from tests.surfaces.conftest import Open

from mainstem import identity
from mainstem.kit.db import Database
from mainstem.kit.work import SYSTEM, Actor

PATH = "/api/v1"


class Program:
    """A program of the company's own that shows its key."""

    def __init__(self, open_app: Open, key: str) -> None:
        self.client, self.key = open_app().client, key

    def sees(self, path: str) -> Any:
        """What stands at an address."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def does(self, path: str, body: Any = None) -> Any:
        """Do a thing that has to go well; what the answer says."""
        answer = self.says(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def says(self, path: str, body: Any = None, *, key: str = "") -> Any:
        """Do a thing; the answer, also where it is no."""
        return self.ask("POST", path, body, **{"idempotency-key": key or f"program-{uuid4()}"})

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One request with the key, as it is."""
        shown = {"authorization": f"Bearer {self.key}"} if self.key else {}
        sent = {"json": body} if body is not None else {}
        return self.client.request(method, f"{PATH}{path}", headers=shown | headers, **sent)


def a_program(
    database: Database,
    open_app: Open,
    *scopes: str,
    issued_by: int | None = None,
) -> Program:
    """A program with these scopes; with every one where none is named."""
    issuer = SYSTEM if issued_by is None else Actor("staff", str(issued_by))
    with database.work(issuer) as work:
        wanted: Sequence[str] = scopes or identity.SCOPES
        key = identity.issue_api_key(work, label="Our ERP", scopes=[*wanted])
    return Program(open_app, key)
