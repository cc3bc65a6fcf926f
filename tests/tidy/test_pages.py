"""What stands between a page and the code: its context is typed, and its form is read by a model."""

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

LOOSE_CONTEXTS = (
    "mainstem.console.catalogue.files",
    "mainstem.console.codes",
    "mainstem.console.facts",
    "mainstem.console.mail",
    "mainstem.console.money",
    "mainstem.console.orders",
    "mainstem.console.plan",
    "mainstem.console.reviews",
    "mainstem_fulfillment.desk",
)
"""Packages in which contexts still carry `Any`. It only gets shorter."""


LOOSE_FORMS = (
    "mainstem.console.catalogue.files",
    "mainstem.console.facts",
    "mainstem.console.money",
    "mainstem.console.orders",
    "mainstem.console.plan",
    "mainstem.console.setup.things",
    "mainstem.console.setup.typed",
    "mainstem_fulfillment.desk",
)
"""Packages that still read their forms field by field. It only gets shorter."""


def test_no_page_s_context_carries_any() -> None:
    loose = sorted(
        f"{module.__name__}: {where}"
        for module in _modules(LOOSE_CONTEXTS)
        for context in _contexts(module)
        for where in _any_in(context, context.__name__, set())
    )
    assert not loose, "\n".join(loose)


def test_the_list_of_packages_with_loose_contexts_names_only_such() -> None:
    for package in LOOSE_CONTEXTS:
        found = [
            where
            for module in _walk(package)
            for context in _contexts(module)
            for where in _any_in(context, context.__name__, set())
        ]
        assert found, f"{package} is typed: take it off the list"


def test_no_handler_reads_its_form_field_by_field() -> None:
    read = [
        f"{module.__name__}:{line}"
        for module in _modules(LOOSE_FORMS)
        for line in _fields_read(module)
    ]
    assert not read, "\n".join(read)


def test_the_list_of_packages_with_loose_forms_names_only_such() -> None:
    for package in LOOSE_FORMS:
        assert any(_fields_read(module) for module in _walk(package)), (
            f"{package} reads its forms by models: take it off the list"
        )


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


def _modules(left_out: tuple[str, ...]) -> Iterator[ModuleType]:
    for package in PAGES:
        for module in _walk(package):
            if not module.__name__.startswith(tuple(f"{name}." for name in left_out)) and (
                module.__name__ not in left_out
            ):
                yield module


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
