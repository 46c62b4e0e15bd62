"""The observer's web application, on a Unix socket; the gateways forward to it."""

import logging
import socket

from hypercorn.config import Config
from hypercorn.trio import serve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lunaroute.observer._metrics import Metrics

log = logging.getLogger("lunaroute.web")
log.setLevel(logging.WARNING)  # that it runs on a socket of ours is no news

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


def application(metrics: Metrics) -> Starlette:
    """Everything that is served below the API port's own paths."""

    async def expose(_request: Request) -> Response:
        return Response(metrics.exposition(), media_type=EXPOSITION)

    return Starlette(routes=[Route("/metrics", expose)])


async def serve_web(listener: socket.socket, metrics: Metrics) -> None:
    """Serves on a listening Unix socket until cancelled."""
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.accesslog = None
    config.errorlog = log
    await serve(application(metrics), config, mode="asgi")  # type: ignore[arg-type]  # Starlette's ASGI types are its own
