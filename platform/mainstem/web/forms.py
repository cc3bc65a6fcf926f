"""Forms and bodies: read into a typed value, or refused with every problem named at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar, get_origin

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.typing import FieldDefinition
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.validation import (
    LIMITS,
    MESSAGES,
    WRONG_FORM,
    escaped,
    problems_of,
    zeros_in,
)

Model = TypeVar("Model", bound=BaseModel)


class FormFields(BaseModel):
    """What a form holds, field by field, as a handler reads it: `form.into(SignInFields)`.

    A field is named as on its page, by its alias where that is no name of Python's. One that may
    be left empty has a default. The page and the verb say what is wrong with a text; a model only
    says what it is: a text, whole numbers, a box that is ticked.
    """

    model_config = ConfigDict(frozen=True)


def at_most(letters: int) -> AfterValidator:
    """Of a longer text only so much: more than any verb takes, so that the verb refuses it."""
    return AfterValidator(lambda text: text[:letters])


Ticked = Annotated[bool, BeforeValidator(lambda text: text == "yes")]
"""A box: whether it was ticked."""


def whole(*, digits: int) -> BeforeValidator:
    """A whole number of up to so many digits; None, if the field may be, for any other text."""
    return BeforeValidator(lambda text: whole_number(text, digits=digits))


class Form:
    """What a form sent: texts, trimmed. A field that was not sent is the empty text.

    To read a text with the zero character, which no column can keep, is InvalidInput for its field:
    so whoever reads a form where a refusal is expected shows it beside that field.
    """

    def __init__(self, fields: FormMultiDict) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        return self.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def get(self, name: str, default: str = "") -> str:
        """The text of a field."""
        value = self._fields.get(name, default)
        return self._kept(name, value).strip() if isinstance(value, str) else default

    def raw(self, name: str) -> str:
        """The text of a field exactly as it was typed: for passwords."""
        value = self._fields.get(name, "")
        return value if isinstance(value, str) else ""

    def all(self, name: str) -> list[str]:
        """Every value of a field that may come several times."""
        values = self._fields.getall(name, [])
        return [self._kept(name, v).strip() for v in values if isinstance(v, str)]

    def numbered(self, name: str) -> dict[int, str]:
        """The texts of fields that are numbered by what the page shows: `line-3` is of line 3."""
        found: dict[int, str] = {}
        for field in self._fields:
            no = whole_number(field.removeprefix(f"{name}-"), digits=4)
            if no is not None and field == f"{name}-{no}":
                found[no] = self.get(field)
        return found

    def file(self, name: str) -> UploadFile | None:
        """The file of a field, when one was chosen."""
        value = self._fields.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def files(self) -> dict[str, UploadFile]:
        """Every file that was chosen, by its field."""
        found = {name: self.file(name) for name in self._fields}
        return {name: file for name, file in found.items() if file is not None}

    def having(self, texts: Mapping[str, str]) -> Form:
        """The form as if these texts had been typed into their fields."""
        kept = [(name, one) for name, one in self._fields.multi_items() if name not in texts]
        return Form(FormMultiDict([*kept, *texts.items()]))

    def texts(self) -> dict[str, str]:
        """Every text field, to fill the form in again."""
        return {
            name: self.raw(name).replace("\0", "").strip()
            for name in self._fields
            if name != "csrf_token"
        }

    def _kept(self, name: str, text: str) -> str:
        if problems := zeros_in(text, f"/{escaped(name)}"):
            raise InvalidInput(*problems)
        return text

    def into(self, kind: type[Model]) -> Model:
        """The form as a model of this kind; InvalidInput with every problem named.

        A field left empty counts as not sent. A field that holds a list takes every value.
        """
        named = {field.alias or name: field for name, field in kind.model_fields.items()}
        self._refuse_zeros(named)
        sent: dict[str, Any] = {}
        for name, field in named.items():
            if get_origin(field.annotation) is list:
                sent[name] = [value for value in self.all(name) if value]
            elif self.get(name):
                sent[name] = self.get(name)
        return _model(kind, sent)

    def body(self, kind: type[Model], **read: Any) -> Model:
        """The form as the body of a command, so that a page is told what a program is told.

        Only what the body says there is goes into it. What has to be said and is left empty counts
        as said empty, so that the field says by itself what it is for. `read` are the fields that
        people type otherwise than programs send them, as they were read. Raises InvalidInput.
        """
        self._refuse_zeros(self._fields)
        sent: dict[str, Any] = {}
        for name, field in kind.model_fields.items():
            if name not in read and (field.is_required() or self.get(name)):
                sent[name] = self.get(name)
        return _model(kind, sent | read)

    def _refuse_zeros(self, named: Iterable[str]) -> None:
        found = [
            problem for name in named for problem in zeros_in(self.raw(name), f"/{escaped(name)}")
        ]
        if found:
            raise InvalidInput(*found)


def _model(kind: type[Model], sent: dict[str, Any]) -> Model:
    try:
        return kind.model_validate(sent)
    except ValidationError as error:
        raise InvalidInput(*problems_of(error)) from None


def whole_number(text: str, *, digits: int = 9) -> int | None:
    """The number that ASCII digits write, up to so many of them; None for any other text.

    `isdigit` says yes to the superscript two, which no `int` reads, and `int` takes signs, spaces,
    underscores and a number of any length.
    """
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """The form of this request."""
    return Form(await request.form())


def field_errors(problems: Iterable[Problem]) -> dict[str, Problem]:
    """The first problem of each field, by the field's name."""
    errors: dict[str, Problem] = {}
    for problem in problems:
        errors.setdefault(problem.pointer.strip("/").replace("/", "-"), problem)
    return errors


def parameter_problem(field: FieldDefinition | None, sent: Any, pointer: str) -> Problem:
    """What is wrong with a parameter of an address or a header, as it was sent; None for not at all."""
    if sent is None:
        return Problem(pointer, *MESSAGES["missing"])
    if field is not None:
        limits = {
            name: limit
            for name in LIMITS
            if (limit := getattr(field.kwarg_definition, name, None)) is not None
        }
        try:
            kind: Any = Annotated[field.annotation, Field(**limits)]
            TypeAdapter(kind).validate_python(sent)
        except ValidationError as error:
            return problems_of(error, pointer)[0]
    return Problem(pointer, *WRONG_FORM)
