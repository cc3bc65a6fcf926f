"""The application as it is shown: what was filled in, what is wrong with it, the terms, and what will be asked for."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from babel import Locale as BabelLocale
from litestar import Request, Response
from markupsafe import Markup

from mainstem import joining
from mainstem.joining import Agreement, Programme
from mainstem.kit.errors import Refused
from mainstem.kit.locale import Language
from mainstem.kit.postal import is_country
from mainstem.web.forms import field_errors
from mainstem.web.plan_words import PlanClause
from mainstem.web.rendering import LANGUAGE_NAMES, language_of, render, words
from mainstem.web.rich_text import rich

Page = Response[bytes]
HttpRequest = Request[Any, Any, Any]


class Needed(msgspec.Struct, frozen=True):
    """Something that will be asked for after the application."""

    name: str
    help: str
    required: bool


class ApplyPage(msgspec.Struct, frozen=True):
    """The application as it was filled in; errors are by field."""

    values: dict[str, str]
    errors: dict[str, str]
    countries: list[tuple[str, str]]
    languages_of_ours: list[tuple[str, str]]
    agreement: str
    terms: Markup
    terms_locale: str
    plan: list[PlanClause]
    needs: list[Needed]
    sponsor: str
    by: str
    invitation: str
    refused: str = ""
    here: str = "/programme/apply"


class Opened(msgspec.Struct, frozen=True):
    """What an application is opened with: the terms, the programme, and whose link led here."""

    agreement: Agreement
    programme: Programme
    sponsor_id: int | None
    sponsor: str
    asked: joining.Asked | None
    plan: list[PlanClause]


def shown_page(
    request: HttpRequest,
    opened: Opened,
    values: dict[str, str],
    by: str,
    invitation: str,
    no: Refused | None = None,
) -> Page:
    """The application as an answer, with what was refused beside its fields."""
    language = language_of(request)
    errors = field_errors(no.problems) if no else {}
    page = ApplyPage(
        values=values,
        errors={name: words(language, problem) for name, problem in errors.items()},
        countries=_countries(language),
        languages_of_ours=list(LANGUAGE_NAMES.items()),
        agreement=opened.agreement.name,
        terms=rich(opened.agreement.body),
        terms_locale=opened.agreement.locale,
        plan=opened.plan,
        needs=[
            Needed(_in(one.names, language), _in(one.help, language), one.required)
            for one in opened.programme.requirements
        ],
        sponsor=opened.sponsor,
        by=by,
        invitation=invitation,
        refused=words(language, no) if no and not errors else "",
    )
    headers = {"Retry-After": str(no.retry_after)} if no and hasattr(no, "retry_after") else {}
    status = no.status if no else 200
    return render(request, "pages/programme_apply.html", page, status=status, headers=headers)


def _in(texts: Any, language: Language) -> str:
    return texts.get(language.locale) or next((text for text in texts.values() if text), "")


@cache
def _codes() -> list[str]:
    return [str(code) for code in BabelLocale.parse("en").territories if is_country(str(code))]


def _countries(language: Language) -> list[tuple[str, str]]:
    return sorted(((code, language.country(code)) for code in _codes()), key=lambda one: one[1])
