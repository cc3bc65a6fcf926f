"""The gateway's own pages: the client's checkout, the affiliate's onboarding, the controls."""

import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from mainstem_gateway import controls
from mainstem_gateway.exchange import Answer, Request, api_headers, error_answer
from mainstem_gateway.pages import admin_page, checkout_page, onboarding_page
from mainstem_gateway.pages.rendering import not_found, style
from mainstem_gateway.wire import JSON, WireError, decode, encode, invalid

if TYPE_CHECKING:
    from mainstem_gateway.server import Gateway

CONTROLS = "/__gateway/controls"


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
        case "POST", ["__gateway", "trigger", *name]:
            return admin_page.trigger(gateway, request, "/".join(name))
        case "GET", ["__gateway", "controls"]:
            return Answer(200, encode(controls.described()), api_headers(request, None))
        case "POST", ["__gateway", "controls", *name]:
            return _control(gateway, request, "/".join(name))
    return not_found(request)


def _proof(gateway: "Gateway", request: Request) -> Answer:
    """What only the gateway of whoever started it can say."""
    nonce = dict(parse_qsl(request.query)).get("nonce")
    if not gateway.proof or not nonce:
        return not_found(request)
    proved = hmac.digest(gateway.proof.encode(), nonce.encode(), "sha256").hex()
    return Answer(200, proved.encode(), {"Content-Type": "text/plain"})


def _control(gateway: "Gateway", request: Request, name: str) -> Answer:
    try:
        done = controls.trigger(gateway, name, _json_object(request.body))
    except WireError as error:
        return error_answer(request, error)
    return Answer(200, encode(done), api_headers(request, None))


def _json_object(body: bytes) -> JSON:
    try:
        given = decode(body or b"{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise invalid("A control takes a JSON object.")
    return given
