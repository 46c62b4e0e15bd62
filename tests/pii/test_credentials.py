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
        "Authorization: ⟦aB3dE6gH9jK2mN5pQ8r⟧",
        '"Authorization": "Key ⟦aB3dE6gH9jK2mN5pQ8r⟧"',
        "Authorization: ApiKey ⟦9f86d081884c7d659a2feaa0c55ad015⟧",
        '{"auths": {"r.example": {"auth": "⟦dXNlcjpodW50ZXIy⟧"}}}',
        '{"auths": {"https://r.example/v1/": {"auth": "⟦iJTe7quiUwEQOTy0QN0aMPqxoVVRjYhl⟧"}}}',
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
        "Authorization: AWS4-HMAC-SHA256 SignedHeaders=host",
        "Authorization: Digest username=ada",
        "authorization: getAuthorizationHeader2()",
        "Authorization: https://x.example/a1b2c3",
        "authorization = headers.authorization2",
        '"auth": "dGhpcyBpcyBub3QgaXQ="',
        '"auth": "none"',
        '{"users": {"x": {"auth": "iJTe7quiUwEQOTy0QN0aMPqxoVVRjYhl"}}}',
        "Basic instructions1 and token economics2",
    ],
)
def test_not_found(text):
    check(text, "bearer_token")
