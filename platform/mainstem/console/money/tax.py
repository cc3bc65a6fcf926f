"""Tax by country: what was sold in a period at which rate, and VAT numbers that were looked up."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from pydantic import Field

from mainstem import tax
from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web.commands import Command
from mainstem.web.forms import Form, FormFields, Ticked
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import MONEY, HttpRequest, HttpResponse, Page, layout_of
from mainstem.web.staff.screen import Screen


class TaxLine(msgspec.Struct, frozen=True):
    """One country's sales at one rate, after refunds."""

    country: str
    rate: str
    treatment: str
    net: Money
    tax: Money
    refunded: Money


class TaxPage(Page, kw_only=True):
    """The report of a period, and the numbers that were looked up last."""

    since: str
    until: str
    rows: list[TaxLine]
    download_url: str
    checks: list[tax.VatCheck]


@get("/tax", sync_to_thread=True)
def tax_by_country(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Tax by country: of last month, or of the period asked for."""
    return TAX.show(request, work)


@get("/tax.csv", sync_to_thread=True)
def download(request: HttpRequest, work: NamedDependency[Work]) -> Response[bytes]:
    """The same as a file, in minor units."""
    since, until = _period(request, work)
    text = io.StringIO()
    writer = csv.writer(text)
    names = [*tax.TaxRow.__dataclass_fields__]
    writer.writerow(names)
    for row in tax.report(work, since, until):
        writer.writerow([getattr(row, name) for name in names])
    name = f"tax-{since}-{until - timedelta(days=1)}.csv"
    return Response(
        text.getvalue().encode(),
        media_type="text/csv",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


class VatNumberCheck(Document):
    """What somebody found who looked a VAT number up."""

    vat_number: str = Field(title="VAT number")
    is_valid: bool = Field(title="It is valid")
    name: str = Field("", title="Name", description="As the register has it.")


def _record_number(work: Work, body: VatNumberCheck) -> str:
    """Keep that a VAT number was looked up elsewhere, and what was found."""
    tax.record_check_by_hand(work, body.vat_number, is_valid=body.is_valid, name=body.name)
    return "The check is kept."


class NumberFields(FormFields):
    """Whether the number is valid, as a box."""

    is_valid: Ticked = False


def _read(work: Work, form: Form) -> VatNumberCheck:
    return form.body(VatNumberCheck, is_valid=form.into(NumberFields).is_valid)


RECORD_NUMBER = Command(
    name="record_vat_number_check",
    path="/tax/numbers",
    do=_record_number,
    body=VatNumberCheck,
    read=_read,
    example={"vat_number": "DE136695976", "is_valid": True, "name": "Nordlicht GmbH"},
    scope="money:write",
    roles=MONEY,
    tag="Tax",
)


def _page(request: HttpRequest, work: Work) -> TaxPage:
    language = language_of(request)
    since, until = _period(request, work)
    last = until - timedelta(days=1)
    return TaxPage(
        **layout_of(request, work, "money"),
        since=since.isoformat(),
        until=last.isoformat(),
        rows=[
            TaxLine(
                language.country(row.country) if row.country else language.text("Not said"),
                _per_cent(row.bp),
                language.text(labels.TAX_TREATMENTS[row.treatment]),
                Money(row.net_left_minor, row.currency),
                Money(row.tax_left_minor, row.currency),
                Money(row.refunded_net_minor + row.refunded_tax_minor, row.currency),
            )
            for row in tax.report(work, since, until)
        ],
        download_url=f"/console/tax.csv?since={since}&until={last}",
        checks=tax.newest_checks(work),
    )


def _period(request: HttpRequest, work: Work) -> tuple[date, date]:
    """From the first day to the day after the last; last month where none was asked for, and at most
    a year."""
    today = work.now().astimezone(work.tools.zone).date()
    this_month = today.replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    since = _day(request.query_params.get("since", "")) or last_month
    last = _day(request.query_params.get("until", ""))
    until = last + timedelta(days=1) if last else this_month
    if until <= since:
        until = since + timedelta(days=1)
    return since, min(until, since + timedelta(days=tax.DAYS_MAX))


def _per_cent(bp: int) -> str:
    whole, rest = divmod(bp, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + " %"


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None


TAX = Screen("console/tax.html", _page, "/console/tax")

commands = [RECORD_NUMBER]
routes = [tax_by_country, download, form_route(RECORD_NUMBER, lambda: TAX)]
