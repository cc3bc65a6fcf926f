"""Forms and bodies: read into a typed value, or refused with every problem named at once."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile

from mainstem.kit.errors import InvalidInput, Problem

T = TypeVar("T", bound=msgspec.Struct)


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

    def file(self, name: str) -> UploadFile | None:
        """The file of a field, when one was chosen."""
        value = self._fields.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def texts(self) -> dict[str, str]:
        """Every text field, to fill the form in again."""
        return {
            name: self.raw(name).replace("\0", "").strip()
            for name in self._fields
            if name != "csrf_token"
        }

    def _kept(self, name: str, text: str) -> str:
        if problems := zeros_in(text, f"/{_escaped(name)}"):
            raise InvalidInput(*problems)
        return text

    def into(self, kind: type[T]) -> T:
        """The form as a struct of this kind; InvalidInput with every problem named.

        A field left empty counts as not sent. A field that holds a list takes every value.
        """
        found = [
            problem
            for name in self._fields
            for problem in zeros_in(self.raw(name), f"/{_escaped(name)}")
        ]
        if found:
            raise InvalidInput(*found)
        names = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
        sent: dict[str, Any] = {}
        for name, wanted in names.items():
            if _is_list(wanted):
                sent[name] = [value for value in self.all(name) if value]
            elif self.get(name):
                sent[name] = self.get(name)
        problems = problems_in(kind, sent, strict=False)
        if problems:
            raise InvalidInput(*problems)
        return msgspec.convert(sent, kind, strict=False)


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


def zeros_in(value: Any, pointer: str = "") -> list[Problem]:
    """Every text in a value that holds the zero character, each with a JSON pointer to it."""
    if isinstance(value, str):
        return [zero(pointer)] if "\0" in value else []
    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    return [
        found for at, part in parts for found in zeros_in(part, f"{pointer}/{_escaped(str(at))}")
    ]


def zero(pointer: str) -> Problem:
    """The problem of a text that holds the zero character."""
    return Problem(pointer, "invalid_field", "Write this without control characters.")


def problems_in(kind: Any, value: Any, *, strict: bool = True, pointer: str = "") -> list[Problem]:
    """Everything that keeps a value from being of this kind, each with a JSON pointer to it.

    The decoder stops at the first problem; this asks it again about every part.
    """
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        inside = _problems_inside(kind, value, strict, pointer)
        return inside or [problem_from(str(error), pointer)]
    return []


def _problems_inside(kind: Any, value: Any, strict: bool, pointer: str) -> list[Problem]:
    kind = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        return _problems_of_struct(kind, value, strict, pointer)
    inner = get_args(kind)
    found: list[Problem] = []
    if get_origin(kind) in (list, set, frozenset, tuple) and isinstance(value, Sequence):
        for index, part in enumerate(() if isinstance(value, str) else value):
            found += problems_in(inner[0], part, strict=strict, pointer=f"{pointer}/{index}")
    elif get_origin(kind) is dict and isinstance(value, dict):
        for name, part in value.items():
            at = f"{pointer}/{_escaped(str(name))}"
            found += problems_in(inner[1], part, strict=strict, pointer=at)
    return found


def _problems_of_struct(
    kind: type[msgspec.Struct], value: dict[str, Any], strict: bool, pointer: str
) -> list[Problem]:
    found: list[Problem] = []
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name, field in known.items():
        at = f"{pointer}/{_escaped(name)}"
        if name in value:
            found += problems_in(field.type, value[name], strict=strict, pointer=at)
        elif field.required:
            found.append(Problem(at, "missing", "This is needed."))
    if kind.__struct_config__.forbid_unknown_fields:
        for name in sorted(set(value) - set(known)):
            at = f"{pointer}/{_escaped(name)}"
            found.append(Problem(at, "unknown_field", "We do not know this field."))
    return found


def _bare(kind: Any) -> Any:
    """The kind without its limits and without None."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        rest = [part for part in get_args(kind) if part is not type(None)]
        return _bare(rest[0]) if len(rest) == 1 else kind
    return kind


def _is_list(kind: Any) -> bool:
    return get_origin(_bare(kind)) in (list, set, frozenset, tuple)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


_SENTENCES: list[tuple[re.Pattern[str], str, str]] = [
    (re.compile(pattern), code, message)
    for pattern, code, message in (
        (r"of length >= 1$", "missing", "This is needed."),
        (r"of length >= (?P<least>\d+)", "too_short", "Use at least {least}."),
        (r"of length <= (?P<most>\d+)", "too_long", "Use at most {most}."),
        (r">= (?P<least>-?[\d.]+)$", "out_of_range", "This must be {least} or more."),
        (r"<= (?P<most>-?[\d.]+)$", "out_of_range", "This must be {most} or less."),
        (r"> (?P<least>-?[\d.]+)$", "out_of_range", "This must be more than {least}."),
        (r"< (?P<most>-?[\d.]+)$", "out_of_range", "This must be less than {most}."),
        (r"^Invalid enum value", "not_offered", "This is not one of the choices."),
        (
            r"matching regex|^Invalid (?P<what>\S+)",
            "wrong_form",
            "This is not written as we need it.",
        ),
        (r"^Expected `(?:int|float)", "wrong_type", "This must be a number."),
        (r"^Expected `bool", "wrong_type", "This must be true or false."),
        (r"^Expected `str", "wrong_type", "This must be text."),
        (r"^Expected `(?:array|list)", "wrong_type", "This must be a list."),
        (r"^Expected `object", "wrong_type", "This must be an object."),
        (r"^Expected `", "wrong_type", "This is of the wrong kind."),
    )
]


def problem_from(error: str, pointer: str) -> Problem:
    """The decoder's complaint as a problem of ours."""
    said = error.split(" - at `")[0]
    for pattern, code, message in _SENTENCES:
        if found := pattern.search(said):
            facts = {name: text for name, text in found.groupdict().items() if text}
            return Problem(pointer, code, message, facts)
    # A struct's own check speaks in a sentence of ours.
    return Problem(pointer, "invalid_value", said.replace("{", "{{").replace("}", "}}"))
