"""Which provider a path belongs to: one table."""

import pytest

from lunaroute.errors import ClientFault
from lunaroute.model import Dialect
from lunaroute.routing import Facts, dialect_of, guess_dialect

A, O = Dialect.ANTHROPIC, Dialect.OPENAI  # noqa: E741
PLAIN, VERSION, KEY = (False, False), (True, False), (False, True)

TABLE = [
    # The path, which of the two header facts hold, and whose it is.
    ("/v1/messages", PLAIN, A),
    ("/v1/messages/count_tokens", PLAIN, A),
    ("/v1/messages/batches/b_1", PLAIN, A),
    ("/messages", PLAIN, A),
    ("/v1/complete", PLAIN, A),
    ("/", PLAIN, A),
    ("/api/hello", PLAIN, A),
    ("/api/claude_code/settings", PLAIN, A),
    ("/v1/chat/completions", PLAIN, O),
    ("/chat/completions", PLAIN, O),
    ("/v1/responses", PLAIN, O),
    ("/v1/responses/resp_1", PLAIN, O),
    ("/responses", PLAIN, O),
    ("/v1/embeddings", VERSION, O),
    ("/v1/models", PLAIN, O),
    ("/v1/models", VERSION, A),
    ("/v1/models/claude-x", KEY, A),
    ("/models", PLAIN, O),
    ("/v1/files", PLAIN, O),
    ("/v1/files", VERSION, A),
    ("/v1/anything/new", PLAIN, O),
    ("/v1/anything/new", VERSION, A),
    ("/elsewhere", VERSION, A),
    ("/elsewhere", PLAIN, None),
    ("/v1/messagesX", PLAIN, O),
    ("/v2/chat", PLAIN, None),
]


@pytest.mark.parametrize(("path", "headers", "owner"), TABLE)
def test_the_owner_of_a_path(path, headers, owner):
    facts = Facts(path, *headers)
    assert guess_dialect(facts) is owner
    if owner is None:
        with pytest.raises(ClientFault, match="no provider") as refused:
            dialect_of(facts, {A, O})
        assert refused.value.status == 404
    else:
        assert dialect_of(facts, {A, O}) is owner


def test_a_dialect_that_is_off_is_a_404_that_says_so():
    with pytest.raises(ClientFault, match="anthropic dialect is switched off") as off:
        dialect_of(Facts("/v1/messages", *PLAIN), {O})
    assert off.value.status == 404
