"""Errors in the shapes of both vendors, and of others."""

import pytest

from lunaroute.dialects._error import read_error


@pytest.mark.parametrize(
    ("payload", "kind", "text"),
    [
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "Full"}},
            "overloaded_error",
            "Full",
        ),
        (
            {"error": {"message": "Slow down", "type": "tokens", "code": "rate_limit"}},
            "rate_limit",
            "Slow down",
        ),
        (
            {
                "error": {
                    "message": "Bad",
                    "type": "invalid_request_error",
                    "code": None,
                }
            },
            "invalid_request_error",
            "Bad",
        ),
        ({"error": {"message": "Gone", "code": 404}}, "404", "Gone"),
        (
            {"type": "error", "code": "server_error", "message": "X"},
            "server_error",
            "X",
        ),
        ({"error": "plain"}, None, "plain"),
        ({"detail": "Not Found"}, None, "Not Found"),
        ({"error": {"odd": 1}}, None, '{"odd":1}'),
        ({"error": None, "x": [1]}, None, '{"error":null,"x":[1]}'),
    ],
)
def test_errors(payload, kind, text):
    assert read_error(payload) == (kind, text)
