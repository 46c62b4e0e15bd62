"""Which provider a path belongs to: one table."""

import pytest

from lunaroute.errors import ClientFault
from lunaroute.routing import Bypass, Facts, dialect_of, guess_dialect
from tests.routing.build import BOTH, A, O, facts

VERSION, KEY = "anthropic-version: 2023-06-01", "x-api-key: opaque"
ACCOUNT, BEARER = "chatgpt-account-id: a", "Authorization: Bearer opaque"
ANT = "authorization: bearer sk-ant-1"
OFF = Bypass(enabled=False)

TABLE = [
    # The path, header lines, and whose it is; None: nobody's.
    ("/v1/messages", (), A),
    ("/v1/messages/count_tokens", (), A),
    ("/v1/messages/batches/b_1", (), A),
    ("/v1/messages/", (), A),
    ("/v1/messages?beta=true", (BEARER,), A),
    ("/messages", (), A),
    ("/v1/complete", (), A),
    ("/v1/organizations/me", (), A),
    ("/", (), A),
    ("/?x=1", (), A),
    ("/api/hello", (), A),
    ("/api/claude_code/settings", (), A),
    ("/v1/chat/completions", (), O),
    ("/chat/completions", (), O),
    ("/v1/responses", (), O),
    ("/v1/responses/resp_1", (), O),
    ("/v1/responses", (KEY,), O),
    ("/responses", (), O),
    ("/responses/compact", (), O),
    ("/v1/batches", (KEY,), O),
    ("/v1/embeddings", (VERSION,), O),
    ("/v1/models", (), O),
    ("/v1/models", (BEARER,), O),
    ("/v1/models", (VERSION,), A),
    ("/v1/models", (ANT,), A),
    ("/v1/models?limit=1000", (VERSION, BEARER), A),
    ("/v1/models/claude-x", (KEY,), A),
    ("/v1/models/claude-x", ("x-api-key: ",), O),
    ("/v1/models", ("x-api-key: sk-proj-1",), O),
    ("/v1/models", (ACCOUNT, KEY), O),
    ("/models", (), O),
    ("/models?client_version=0.169.0", (ACCOUNT, BEARER), O),
    ("/models", (VERSION,), A),
    ("/v1/files", (), O),
    ("/v1/files/f_1/content", (VERSION,), A),
    ("/v1/anything/new", (), O),
    ("/v1/anything/new", (VERSION,), A),
    ("/v1", (), O),
    # Only whole segments, and only as they came.
    ("/v1/messagesX", (), O),
    ("/v1/messages%2Fcount_tokens", (), O),
    ("/v1/messages%2Fcount_tokens", (ANT,), A),
    ("/v1/%6dessages", (), O),
    ("/v1/responses/../messages", (KEY,), O),
    ("/v1/messages/../responses", (), A),
    ("/v1/complete/more", (), O),
    ("/v1/embeddingsx", (KEY,), A),
    ("/apix", (), None),
    ("/V1/messages", (), None),
    ("//v1/messages", (), None),
    ("/v1x", (), None),
    ("/v2/chat", (), None),
    ("/elsewhere", (VERSION,), None),
    ("/elsewhere", (), None),
]


@pytest.mark.parametrize(("path", "lines", "owner"), TABLE)
def test_the_owner_of_a_path(path, lines, owner):
    told = facts(path, *lines)
    if owner is None:
        with pytest.raises(ClientFault, match="no provider serves") as refused:
            dialect_of(told, BOTH, OFF)
        assert refused.value.status == 404
    else:
        assert dialect_of(told, BOTH, OFF) is owner
        assert guess_dialect(told) is owner


UNKNOWN = [
    # What bypass says, what the headers say, what is available, where it goes.
    (Bypass(), (), BOTH, O),
    (Bypass(), (), {A}, A),
    (Bypass(), (VERSION,), BOTH, A),
    (Bypass(), (KEY,), BOTH, A),
    (Bypass(), (ANT,), BOTH, A),
    (Bypass(), (ACCOUNT,), {A}, O),  # never to the other: it is refused later
    (Bypass(provider=A), (), BOTH, A),
    (Bypass(provider=O), (KEY,), BOTH, O),
]


@pytest.mark.parametrize(("bypass", "lines", "available", "expected"), UNKNOWN)
def test_where_an_unknown_path_goes(bypass, lines, available, expected):
    told = facts("/ps/plugins/installed", *lines)
    assert dialect_of(told, BOTH, bypass, available) is expected


def test_the_shape_of_an_error_on_an_unknown_path_is_the_headers():
    assert guess_dialect(facts("/elsewhere")) is None
    assert guess_dialect(facts("/elsewhere", VERSION)) is A


@pytest.mark.parametrize("bypass", [Bypass(), Bypass(provider=A), OFF])
def test_what_is_no_path_goes_nowhere(bypass):
    for target in ("*", "host:443", ""):
        with pytest.raises(ClientFault, match="not a path") as refused:
            dialect_of(Facts(target, anthropic_version=True), BOTH, bypass)
        assert refused.value.status == 404


@pytest.mark.parametrize(
    ("path", "lines", "bypass"),
    [
        ("/v1/messages", (), Bypass()),
        ("/v1/models", (VERSION,), Bypass()),
        ("/elsewhere", (VERSION,), Bypass()),
        ("/elsewhere", (), Bypass(provider=A)),
    ],
)
def test_a_dialect_that_is_off_is_a_404_that_says_so(path, lines, bypass):
    with pytest.raises(ClientFault, match="anthropic dialect is switched off") as off:
        dialect_of(facts(path, *lines), {O}, bypass)
    assert off.value.status == 404
