"""VIES: the European Commission's service that knows every VAT number of the EU, over its REST API.

It is asked outside any transaction, and only where the company's settings say so. It answers within
seconds or not at all: a country's own register is often away for an hour.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass

from mainstem.tax.vat_numbers import CheckUnavailable, VatAnswer

ADDRESS = "https://ec.europa.eu/taxation_customs/vies/rest-api/check-vat-number"
_ANSWER_MAX = 100_000


class _NoDetour(urllib.request.HTTPRedirectHandler):
    """What leads elsewhere is an error: a number that somebody typed goes to this service alone."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoDetour)


@dataclass(frozen=True, slots=True)
class Vies:
    """The service at its address; a test gives another."""

    address: str = ADDRESS
    timeout_seconds: int = 5

    def check(self, number: str, *, requester: str = "") -> VatAnswer:
        """What the member state says of a number. Raises CheckUnavailable."""
        asked = {"countryCode": number[:2], "vatNumber": number[2:]}
        if requester:
            asked |= {
                "requesterMemberStateCode": requester[:2],
                "requesterNumber": requester[2:],
            }
        return _read(self._post(asked))

    def _post(self, asked: dict[str, str]) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - the address is ours
            self.address,
            data=json.dumps(asked).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        try:
            with _OPENER.open(request, timeout=self.timeout_seconds) as reply:
                body: bytes = reply.read(_ANSWER_MAX)
                return body
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise CheckUnavailable(str(error)) from error


def _read(body: bytes) -> VatAnswer:
    """The answer of the service; its errors, such as MS_UNAVAILABLE, are no answer."""
    try:
        said = json.loads(body)
    except ValueError as error:
        raise CheckUnavailable("no JSON") from error
    if not isinstance(said, dict) or not isinstance(said.get("valid"), bool):
        raise CheckUnavailable(str(said)[:200])
    name = said.get("name") or ""
    return VatAnswer(
        said["valid"],
        "" if name == "---" else str(name),  # where a country gives no names
        str(said.get("requestIdentifier") or ""),
    )
