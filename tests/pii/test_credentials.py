"""Credentials of HTTP."""

import pytest

from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "Authorization: Bearer ⟦0a1b2c3d4e5f6a7b⟧",
        "authorization=bearer%20⟦0a1b2c3d4e5f6a7b⟧",
        '"Authorization": "Bearer ⟦aB3_dE6-gH9.jK2~mN5⟧"',
        "-H 'Authorization: Basic ⟦dXNlcjpodW50ZXIy⟧'",
        "Authorization: token ⟦0a1b2c3d4e5f6a7b⟧",
    ],
)
def test_found(marked):
    check(marked, "bearer_token")


@pytest.mark.parametrize(
    "text",
    [
        "Bearer authentication",
        "Authorization: Bearer <token>",
        "Authorization: Bearer $TOKEN",
        "Bearer ACCESS_TOKEN_GOES_HERE_1",
        "the bearer of this letter",
        "Authorization: Basic realm-of-x1",
        "Basic instructions1 and token economics2",
    ],
)
def test_not_found(text):
    check(text, "bearer_token")
