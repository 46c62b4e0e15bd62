"""The observer's web application, on a Unix socket; the gateways forward to it."""

import logging
import socket
from collections.abc import Callable
from pathlib import Path

from hypercorn.config import Config
from hypercorn.trio import serve
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lunaroute.observer._api import Api, explain

log = logging.getLogger("lunaroute.web")
log.setLevel(logging.WARNING)  # that it runs on a socket of ours is no news

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


async def serve_web(
    listener: socket.socket,
    exposition: Callable[[], bytes],
    database: Path | None,
    *more: Route,
) -> None:
    """Serves on a listening Unix socket until cancelled."""
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.accesslog = None
    config.errorlog = log
    app = application(exposition, database, *more)
    await serve(app, config, mode="asgi")  # type: ignore[arg-type]  # Starlette's ASGI types are its own
