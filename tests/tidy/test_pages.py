"""What stands between a page and the code: its context is typed, its form is read by a model, and its
module is one idea."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

PAGES = (
    "mainstem.console",
    "mainstem.web.pages",
    "mainstem.web.staff",
    "mainstem_affiliates.portal",
    "mainstem_affiliates.storefront",
    "mainstem_fulfillment.desk",
)
"""The packages whose modules are pages."""

NAMED_BY_DOCUMENTS = "mainstem.console.setup.typed"
"""Reads the form of any thing that is set. Its fields are those of the thing's document, which is
itself a pydantic model: a second one of the form would say the same again."""


LINES_MAX = 200
"""How long a page module may be: one idea, read in one sitting."""

LONGER = {
    "mainstem.console.setup.network": (222, "a network's file, from its upload to what came of it"),
}
"""Those that are longer, with how long they may be and why. The list shrinks, and its figures too."""


def test_a_page_module_is_one_idea() -> None:
    long = {
        module.__name__: length
        for module in _modules()
        if "routes" in vars(module) and (length := _length(module)) > LINES_MAX
    }
    told = "Split it by idea, as its neighbours are."
    assert not [
        f"{name}: {length} lines. {told}"
        for name, length in long.items()
        if length > LONGER.get(name, (LINES_MAX, ""))[0]
    ]
    assert not set(LONGER) - set(long), "no longer so long: take it off the list"


def _length(module: ModuleType) -> int:
    assert module.__file__ is not None
    return len(Path(module.__file__).read_text().splitlines())


def test_no_page_s_context_carries_any() -> None:
    loose = sorted(
        f"{module.__name__}: {where}"
        for module in _modules()
        for context in _contexts(module)
        for where in _any_in(context, context.__name__, set())
    )
    assert not loose, "\n".join(loose)


def test_no_handler_reads_its_form_field_by_field() -> None:
    read = [
        f"{module.__name__}:{line}"
        for module in _modules()
        if module.__name__ != NAMED_BY_DOCUMENTS
        for line in _fields_read(module)
    ]
    assert not read, "\n".join(read)


def _fields_read(module: ModuleType) -> list[int]:
    """The lines on which a module asks a form for one field: `form["name"]`, `form.get("name")`."""
    assert module.__file__ is not None
    return [
        node.lineno
        for node in ast.walk(ast.parse(Path(module.__file__).read_text()))
        if isinstance(node, ast.Subscript | ast.Call) and _is_form(_asked(node))
    ]


def _asked(node: ast.Subscript | ast.Call) -> ast.expr | None:
    if isinstance(node, ast.Subscript):
        return node.value
    called = node.func
    return called.value if isinstance(called, ast.Attribute) and called.attr == "get" else None


def _is_form(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Name) and node.id == "form"


def _modules() -> Iterator[ModuleType]:
    for package in PAGES:
        yield from _walk(package)


def _walk(name: str) -> Iterator[ModuleType]:
    module = importlib.import_module(name)
    yield module
    for one in pkgutil.walk_packages(getattr(module, "__path__", []), f"{name}."):
        yield importlib.import_module(one.name)


def _contexts(module: ModuleType) -> list[type[msgspec.Struct]]:
    """What a module gives to its templates: its structs."""
    return [
        thing
        for thing in vars(module).values()
        if inspect.isclass(thing)
        and issubclass(thing, msgspec.Struct)
        and thing.__module__ == module.__name__
    ]


def _any_in(kind: type, at: str, seen: set[type]) -> Iterator[str]:
    """Where `Any` stands in a class, or in what its fields hold."""
    if kind in seen:
        return
    seen.add(kind)
    for name, hint in typing.get_type_hints(kind).items():
        if name.startswith("__"):
            continue
        for part in _parts(hint):
            if part is Any:
                yield f"{at}.{name}"
            elif _is_row(part):
                yield from _any_in(part, f"{at}.{name}", seen)


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for part in typing.get_args(hint):
        yield from _parts(part)


def _is_row(part: Any) -> bool:
    if not inspect.isclass(part) or not part.__module__.startswith("mainstem"):
        return False
    return (
        issubclass(part, msgspec.Struct)
        or dataclasses.is_dataclass(part)
        or (issubclass(part, tuple) and hasattr(part, "_fields"))
    )
