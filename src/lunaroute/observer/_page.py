"""The web page and its data on a port of their own.

The page is three files of ours; it fetches nothing from anywhere else, and its policy
would not let it. What it shows it asks of the same API that everybody can ask.
"""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from lunaroute.errors import StoreError
from lunaroute.observer._api import Api, answered, explain, failure
from lunaroute.observer._guard import Guard
from lunaroute.observer._options import PageOptions

Perform = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]

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


def page_application(
    options: PageOptions, database: Path | None, perform: Perform | None = None
) -> ASGIApp:
    """The page at ``/``, its files, and the API beside them.

    ``perform`` has a task upon the record done; it raises StoreError.
    """
    place = files("lunaroute.observer") / "page"
    served = {name: (place / name).read_bytes() for name in FILES}
    served["page.html"] = _filled(served["page.html"], options)
    routes = [Route("/", _file("page.html", served))]
    routes += [
        Route(f"/{name}", _file(name, served)) for name in FILES if "html" not in name
    ]
    if not options.can_export:
        routes.append(Route("/sessions/{id}/export", _no_export))
    if options.can_delete and perform is not None:
        routes.append(_deletion(perform))
    routes += Api(database, options.sessions_dir).routes()
    # GET of a session is another route's: the first one that fits wholly is taken.
    made = Starlette(routes=routes, exception_handlers={HTTPException: explain})
    made.router.redirect_slashes = False
    return Guard(made, options.admission, log_requests=options.log_requests)


def _filled(page: bytes, options: PageOptions) -> bytes:
    """The page with what its script is told."""
    settings = (
        f'data-refresh="{options.refresh_seconds}"'
        f' data-export="{str(options.can_export).lower()}"'
        f' data-delete="{str(options.can_delete).lower()}"'
    )
    return page.replace(b"data-settings", settings.encode())


def _file(
    name: str, served: dict[str, bytes]
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        return Response(served[name], headers=HEADERS, media_type=FILES[name])

    return answer


def _deletion(perform: Perform) -> Route:
    """DELETE of a session: with its subagents, files, rows and words in the index."""

    async def delete(request: Request) -> Response:
        wanted = str(request.path_params["id"])
        task: dict[str, Any] = {"task": "delete", "sessions": [wanted]}
        try:
            planned = await perform({**task, "dry_run": True})
            if [each["session_id"] for each in planned["sessions"]] != [wanted]:
                return failure(404, f"there is no session {wanted!r}")
            return answered(await perform(task), {})
        except StoreError as error:
            status = 404 if "there is no session" in str(error) else 503
            return failure(status, str(error))

    return Route("/sessions/{id}", delete, methods=["DELETE"])


async def _no_export(_request: Request) -> Response:
    return failure(403, "exports are switched off here (ui.export_enabled)")
