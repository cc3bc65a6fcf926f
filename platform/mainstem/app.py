"""The app: every surface behind its guard, one Work a request, errors made into answers.

    /                clients (mainstem_affiliates.storefront); /s/{slug} is a storefront's home
    /portal          affiliates (mainstem_affiliates.portal), on Work bound to the affiliate
    /desk            warehouse and service staff (mainstem_fulfillment.desk)
    /console         the parent's staff (mainstem.console)
    /api/v1          storefronts on other machines and programs of the company (mainstem.api), by key
    /webhooks        webhook events (mainstem.web.webhooks)

A surface is a package with a list `routes`. Its handlers may ask for `work`, `database`,
`settings`, `language`, `identity` and `form` as NamedDependency.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from jinja2 import Environment
from litestar import Litestar, Request, Router
from litestar.concurrency import set_asyncio_executor, sync_to_thread
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ASGIApp
from uvicorn.main import STARTUP_FAILURE  # type: ignore[attr-defined]

import mainstem_affiliates.portal
import mainstem_affiliates.storefront
import mainstem_fulfillment.desk
from mainstem import api, console
from mainstem.console import catalogue
from mainstem.console.setup import uploads
from mainstem.identity import Identity
from mainstem.kit import pools
from mainstem.kit.clock import Clock, SystemClock
from mainstem.kit.db import Database
from mainstem.kit.locale import Language
from mainstem.kit.settings import Settings
from mainstem.paths import STATIC
from mainstem.web import openapi, pages, webhooks
from mainstem.web.connections import limited
from mainstem.web.context import AppContext, RequestContext, app_context_of, request_context_of
from mainstem.web.csrf import against_forgery
from mainstem.web.forms import read_form
from mainstem.web.guards import (
    affiliate,
    identity_of,
    staff,
    storefront_key,
    strict_json,
    within_bounds,
)
from mainstem.web.middleware import AppMiddleware
from mainstem.web.problems import answer
from mainstem.web.proof import proven
from mainstem.web.rendering import environments, language_of
from mainstem.web.static import StaticFiles
from mainstem.web.works import (
    affiliate_work,
    client_work,
    integration_work,
    staff_work,
    storefront_work,
)
from mainstem_affiliates.intake import Intake
from mainstem_affiliates.portal import shop, why
from mainstem_affiliates.storefront.service_jobs import Jobs
from mainstem_fulfillment import jobs

FORM_BYTES_MAX = 256_000
FORM_PARTS_MAX = 10_000
API_BYTES_MAX = 1_000_000
BODY_BYTES_MAX = max(FORM_BYTES_MAX, API_BYTES_MAX, webhooks.BODY_MAX)
THREADS = 16
WORKS_MAX = pools.WORKS
"""Connections that requests may hold at once. No more than the pool has for either kind, so that a
thread never waits for a connection whose owner waits for a thread."""

Hook = Callable[..., Any]


def create_app(
    settings: Settings,
    database: Database,
    *,
    on_startup: Sequence[Hook] = (),
    on_shutdown: Sequence[Hook] = (),
    service_jobs: Jobs = jobs,
    clock: Clock | None = None,
    hosts: Sequence[str] = (),
    checkout_origins: Sequence[str] | None = None,
    assembly: Assembly | None = None,
) -> Litestar:
    """The whole web side of the company.

    The batcher of intake lives and ends with the app; `service_jobs` is what a client does about a
    job, which a storefront may not import. `on_startup` and `on_shutdown` run inside the event loop.
    `clock` is the clock of sessions; `hosts` are further names that this application answers to;
    `checkout_origins` are the places that a form may lead to. `assembly` is one that was made for
    the same settings, and that no other app in use is made of.
    """
    assembly = assembly or assemble(settings)
    app = assembly.app
    app_context = AppContext(
        settings=settings,
        database=database,
        files=assembly.files,
        pages=assembly.pages,
        clock=clock or SystemClock(),
        hosts=_hosts(settings, hosts),
        form_targets=tuple(
            _checkout_origins(settings) if checkout_origins is None else checkout_origins
        ),
        places=asyncio.Semaphore(WORKS_MAX),
        sign_in_pool=ThreadPoolExecutor(
            max_workers=pools.SIGN_IN_THREADS, thread_name_prefix="sign-in"
        ),
    )
    intake = Intake(database)
    app_context.parts.put(Intake, intake)
    app_context.parts.put(Jobs, service_jobs)  # type: ignore[type-abstract]
    app.on_startup = [intake.start, *on_startup]
    app.on_shutdown = [_close, *on_shutdown]
    app.state = State({"app_context": app_context})
    app.asgi_handler = AppMiddleware(
        assembly.handler,
        app_context,
        body_max=BODY_BYTES_MAX,
        uploads=catalogue.UPLOADS
        | uploads.UPLOADS
        | api.UPLOADS
        | pages.programme.UPLOADS
        | shop.UPLOADS
        | why.UPLOADS,
    )
    return app


@dataclass(frozen=True, slots=True)
class Assembly:
    """What of the app knows no company yet: every route behind its guards, the files, the templates."""

    app: Litestar
    handler: ASGIApp
    files: StaticFiles
    pages: dict[str, Environment]


def assemble(settings: Settings) -> Assembly:
    """An app without a company. Of the settings it knows the public address, the zone and whether
    this is a demo; it takes nearly all the time that an app takes to make."""
    files = StaticFiles(STATIC)
    app = Litestar(
        route_handlers=surfaces(),
        guards=[within_bounds, against_forgery, proven],
        dependencies={
            "database": Provide(_database, sync_to_thread=False),
            "settings": Provide(_settings, sync_to_thread=False),
            "language": Provide(_language, sync_to_thread=False),
            "identity": Provide(_identity),
            "request_context": Provide(_request_context, sync_to_thread=False),
            "form": Provide(read_form),
        },
        exception_handlers=mainstem_affiliates.storefront.FOUND_NOTHING | {Exception: answer},
        openapi_config=openapi.config(settings.public_url),
        logging_config=None,
        request_max_body_size=FORM_BYTES_MAX,
        # A product with many variants has as many fields; how long a form may be is said above.
        multipart_form_part_limit=FORM_PARTS_MAX,
    )
    return Assembly(app, app.asgi_handler, files, environments(settings, files))


def surfaces() -> list[Any]:
    """Every surface, each behind its own guard. What is not here cannot be reached."""
    work = {"client": client_work, "affiliate": affiliate_work, "staff": staff_work}
    by = {name: Provide(provider) for name, provider in work.items()}
    hidden: dict[str, Any] = {"include_in_schema": False}
    return [
        Router("/", route_handlers=pages.routes, **hidden),
        Router(
            "/",
            route_handlers=mainstem_affiliates.storefront.routes,
            dependencies={"work": by["client"]},
            **hidden,
        ),
        Router(
            "/portal",
            route_handlers=mainstem_affiliates.portal.routes,
            guards=[affiliate],
            dependencies={"work": by["affiliate"]},
            **hidden,
        ),
        Router(
            "/desk",
            route_handlers=mainstem_fulfillment.desk.routes,
            guards=[staff("picker", "lead_desk")],
            dependencies={"work": by["staff"]},
            **hidden,
        ),
        Router(
            "/console",
            route_handlers=console.routes,
            guards=[staff()],
            dependencies={"work": by["staff"]},
            **hidden,
        ),
        Router(
            openapi.PATH,
            route_handlers=api.routes,
            guards=[storefront_key, strict_json],
            dependencies={"work": Provide(storefront_work)},
            opt={"csrf": "exempt"},  # by key; no cookie is looked at
            request_max_body_size=API_BYTES_MAX,
        ),
        Router(
            openapi.PATH,
            route_handlers=api.integration_routes,
            dependencies={"work": Provide(integration_work)},
            opt={"csrf": "exempt"},
            security=[{openapi.INTEGRATION_KEY: []}],
            request_max_body_size=API_BYTES_MAX,
        ),
        *webhooks.routes,
    ]


def serve(
    settings: Settings,
    database: Database,
    *,
    on_startup: Sequence[Hook] = (),
    on_shutdown: Sequence[Hook] = (),
    checkout_origins: Sequence[str] | None = None,
    listener: socket.socket | None = None,
) -> None:
    """Serve until asked to stop; then finish what is under way, for ten seconds at most.

    On a socket that was handed over, or else on one at the settings' host and port.
    X-Forwarded-For is believed from the proxies that MAINSTEM_PROXIES names, and from nobody else.
    """

    set_asyncio_executor(ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="web"))
    app = create_app(
        settings,
        database,
        on_startup=on_startup,
        on_shutdown=on_shutdown,
        checkout_origins=checkout_origins,
    )
    # What is here now stays. No later search for cycles needs to look through it again.
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=limited(settings.proxies),
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener] if listener is not None else None)
    if not server.started:
        raise SystemExit(STARTUP_FAILURE)


def _hosts(settings: Settings, further: Sequence[str]) -> frozenset[str]:
    public = urlsplit(settings.public_url)
    hosts = {public.hostname or "", settings.host, *further}
    if settings.demo:
        hosts |= {"localhost", "127.0.0.1", "[::1]"}
    return frozenset(host.lower() for host in hosts if host)


def _checkout_origins(settings: Settings) -> list[str]:
    if settings.stripe_api_base:
        parts = urlsplit(settings.stripe_api_base)
        return [f"{parts.scheme}://{parts.netloc}"]
    return ["https://checkout.stripe.com", "https://connect.stripe.com"]


def _database(request: Request[Any, Any, Any]) -> Database:
    return app_context_of(request).database


def _settings(request: Request[Any, Any, Any]) -> Settings:
    return app_context_of(request).settings


def _language(request: Request[Any, Any, Any]) -> Language:
    return language_of(request)


def _request_context(request: Request[Any, Any, Any]) -> RequestContext:
    return request_context_of(request)


async def _identity(request: Request[Any, Any, Any]) -> Identity | None:
    return request_context_of(request).identity or await identity_of(request)


async def _close(app: Litestar) -> None:
    # What was taken is still answered: the server has stopped taking more.
    app_context: AppContext = app.state["app_context"]
    await sync_to_thread(app_context.parts.get(Intake).stop)
    app_context.sign_in_pool.shutdown(wait=False)
