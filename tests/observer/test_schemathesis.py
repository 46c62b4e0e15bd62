"""The served API does what its own description says, whatever is asked.

schemathesis makes requests of the document as it is served, right and wrong ones, and
judges each answer by it: no 500, no status, type or shape that is not described, wrong
parameters refused, right ones taken. The server is the real one, on a loopback port.
"""

import socket
import threading
from contextlib import contextmanager

import pytest
import schemathesis
import trio
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from lunaroute.observer._openapi import OPERATIONS
from lunaroute.observer._options import PageOptions
from lunaroute.observer._page import page_application
from lunaroute.observer._web import serve_app
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.recording.build import SESSION, anthropic_message, anthropic_stream

# Named: what a later release adds is not to fail a build that was good.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    positive_data_acceptance,
    unsupported_method,
]


@contextmanager
def served(app):
    """The URL of an application, by its own server."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    ends = []

    async def serve():
        closing = trio.Event()
        token = trio.lowlevel.current_trio_token()
        ends.append(lambda: trio.from_thread.run_sync(closing.set, trio_token=token))
        started.set()
        await serve_app(app, [listener], closing)

    started = threading.Event()
    thread = threading.Thread(target=trio.run, args=(serve,), daemon=True)
    thread.start()
    started.wait()
    try:
        yield url
    finally:
        ends[0]()
        thread.join()


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    place = tmp_path_factory.mktemp("schemathesis")
    with open_store(place / "sessions.db", writer=True) as store:
        Recorder(place / "sessions", store).record(
            [anthropic_stream(1), anthropic_message(2)]
        )
    with served(page_application(PageOptions(), place / "sessions.db")) as url:
        yield schemathesis.openapi.from_url(f"{url}/openapi.json")


@pytest.mark.parametrize("path", [operation.path for operation in OPERATIONS])
def test_what_is_described_holds(schema, path):
    @given(case=schema[path]["GET"].as_strategy())
    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def hold(case):
        # No schema says what a cursor is: the server makes it. A wrong one is 400.
        case.query.pop("cursor", None)
        case.validate_response(case.call(), checks=[*CHECKS, negative_data_rejection])
        # Else there is nearly never a session. What made the case a wrong one may be
        # gone then.
        if "id" in case.path_parameters:
            case.path_parameters |= {"id": SESSION, "request_id": "boot-0-2"}
            case.validate_response(case.call(), checks=CHECKS)

    hold()
