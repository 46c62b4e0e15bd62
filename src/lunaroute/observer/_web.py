"""The observer's web application, on a Unix socket; the gateways forward to it."""

import logging
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import trio
from hypercorn.config import Config
from hypercorn.trio import serve
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from lunaroute.observer._api import Api, explain

log = logging.getLogger("lunaroute.web")
log.setLevel(logging.WARNING)  # that it runs on a socket of ours is no news

GRACE_SECONDS = 1.0
EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


def application(
    exposition: Callable[[], bytes], database: Path | None, *more: Route
) -> Starlette:
    """Everything that is served below the API port's own paths, and ``more``."""

    async def expose(_request: Request) -> Response:
        return Response(exposition(), media_type=EXPOSITION)

    made = Starlette(
        routes=[
            Route("/metrics", expose),
            *Api(database).routes(),
            *more,
        ],
        exception_handlers={HTTPException: explain},
    )
    made.router.redirect_slashes = False
    return made


async def serve_app(
    app: ASGIApp, listeners: Sequence[socket.socket], closing: trio.Event
) -> None:
    """Serves an application on listening sockets, which become its own. From
    ``closing`` on it accepts nothing more, and returns when what was asked is answered,
    or GRACE_SECONDS later.
    """
    config = Config()
    config.graceful_timeout = GRACE_SECONDS
    config.bind = [f"fd://{listener.detach()}" for listener in listeners]
    config.accesslog = None
    config.errorlog = log
    config.include_server_header = False
    await serve(
        app,  # type: ignore[arg-type]  # Starlette's ASGI types are its own
        config,
        shutdown_trigger=closing.wait,
        mode="asgi",
    )
