"""The gateway's own pages: the client's checkout, the affiliate's onboarding, the levers."""

import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from mainstem.gateway import levers
from mainstem.gateway.exchange import Answer, Request, api_headers, error_answer
from mainstem.gateway.pages import admin_page, checkout_page, onboarding_page
from mainstem.gateway.pages.rendering import not_found, style
from mainstem.gateway.wire import JSON, WireError, decode, encode, invalid

if TYPE_CHECKING:
    from mainstem.gateway.server import Gateway

LEVERS = "/__gateway/levers"


def answer_page(gateway: "Gateway", request: Request) -> Answer:
    """Whatever is not the API."""
    segments = request.path.strip("/").split("/")
    match request.method, segments:
        case "GET", ["favicon.ico"]:
            return Answer(204, b"")
        case "GET", ["__gateway", "proof"]:
            return _proof(gateway, request)
        case "GET", ["__gateway", "style.css"]:
            return style()
        case (("GET" | "POST"), ["c", "pay", id]):
            return checkout_page.checkout(gateway, request, id)
        case (("GET" | "POST"), ["c", "pay", id, "confirm"]):
            return checkout_page.confirm(gateway, request, id)
        case (("GET" | "POST"), ["setup", id]):
            return onboarding_page.onboarding(gateway, request, id)
        case "GET", ["__gateway"]:
            return admin_page.overview(gateway, request)
        case "POST", ["__gateway", "pull", *name]:
            return admin_page.pull(gateway, request, "/".join(name))
        case "GET", ["__gateway", "levers"]:
            return Answer(200, encode(levers.described()), api_headers(request, None))
        case "POST", ["__gateway", "levers", *name]:
            return _lever(gateway, request, "/".join(name))
    return not_found(request)


def _proof(gateway: "Gateway", request: Request) -> Answer:
    """What only the gateway of whoever started it can say."""
    nonce = dict(parse_qsl(request.query)).get("nonce")
    if not gateway.proof or not nonce:
        return not_found(request)
    proved = hmac.digest(gateway.proof.encode(), nonce.encode(), "sha256").hex()
    return Answer(200, proved.encode(), {"Content-Type": "text/plain"})


def _lever(gateway: "Gateway", request: Request, name: str) -> Answer:
    try:
        done = levers.pull(gateway, name, _json_object(request.body))
    except WireError as error:
        return error_answer(request, error)
    return Answer(200, encode(done), api_headers(request, None))


def _json_object(body: bytes) -> JSON:
    try:
        given = decode(body or b"{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise invalid("A lever takes a JSON object.")
    return given
