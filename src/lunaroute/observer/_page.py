"""The web page and its data on a port of their own.

The page is three files of ours; it fetches nothing from anywhere else, and its policy
would not let it. What it shows it asks of the same API that everybody can ask.
"""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from lunaroute.observer._api import Api, explain, failure
from lunaroute.observer._guard import Guard
from lunaroute.observer._options import PageOptions

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
FILES = {
    "page.html": "text/html",
    "page.css": "text/css",
    "page.js": "text/javascript",
    "page.svg": "image/svg+xml",
}


def page_application(options: PageOptions, database: Path | None) -> ASGIApp:
    """The page at ``/``, its files, and the API beside them."""
    place = files("lunaroute.observer") / "page"
    served = {name: (place / name).read_bytes() for name in FILES}
    served["page.html"] = _filled(served["page.html"], options)
    routes = [Route("/", _file("page.html", served))]
    routes += [
        Route(f"/{name}", _file(name, served)) for name in FILES if "html" not in name
    ]
    if not options.can_export:
        routes.append(Route("/sessions/{id}/export", _no_export))
    routes += Api(database, options.sessions_dir).routes()
    made = Starlette(routes=routes, exception_handlers={HTTPException: explain})
    made.router.redirect_slashes = False
    return Guard(made, options.admission, log_requests=options.log_requests)


def _filled(page: bytes, options: PageOptions) -> bytes:
    """The page with what its script is told."""
    settings = (
        f'data-refresh="{options.refresh_seconds}"'
        f' data-export="{str(options.can_export).lower()}"'
    )
    return page.replace(b"data-settings", settings.encode())


def _file(
    name: str, served: dict[str, bytes]
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        return Response(served[name], headers=HEADERS, media_type=FILES[name])

    return answer


async def _no_export(_request: Request) -> Response:
    return failure(403, "exports are switched off here (ui.export_enabled)")
