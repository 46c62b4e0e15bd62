"""What one vendor never gets from the other's clients."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.errors import ClientFault
from lunaroute.routing import Bypass, dialect_of, refuse_strays
from tests.routing.build import BOTH, LEGACY, A, O, facts

SECRETS = [
    # A header that is a credential of one vendor.
    ("x-api-key: sk-ant-s3cret", A),
    ("authorization: Bearer sk-ant-s3cret", A),
    ("authorization: Bearer sk-proj-s3cret", O),
    ("x-api-key: sk-svcacct-s3cret", O),
    (f"authorization: Bearer {LEGACY}", O),
]
HEADERS = [("anthropic-version: s3cret", A), ("chatgpt-account-id: s3cret", O)]


def refused(line, dialect, *, replaced):
    with pytest.raises(ClientFault) as caught:
        refuse_strays(facts("/", line), dialect, replaced=replaced)
    assert caught.value.status == 403
    return str(caught.value)


@pytest.mark.parametrize(("line", "vendor"), SECRETS + HEADERS)
def test_nothing_goes_to_the_other_vendor(line, vendor):
    refuse_strays(facts("/", line), vendor, replaced=False)
    other = O if vendor is A else A
    said = refused(line, other, replaced=False)
    assert "s3cret" not in said
    assert LEGACY not in said
    remedy = "/v1/messages" if vendor is A else "/v1/responses"
    assert remedy in said


@pytest.mark.parametrize(("line", "vendor"), SECRETS)
def test_a_credential_that_is_replaced_never_leaves(line, vendor):
    refuse_strays(facts("/", line), O if vendor is A else A, replaced=True)


@pytest.mark.parametrize(("line", "vendor"), HEADERS)
def test_a_header_that_names_the_other_vendor_is_refused_all_the_same(line, vendor):
    other = O if vendor is A else A
    assert line.split(":")[0] in refused(line, other, replaced=True)


@pytest.mark.parametrize("dialect", [A, O])
def test_opaque_credentials_follow_the_path(dialect):
    for line in ("x-api-key: x", "authorization: Bearer eyJ.x.y", "x-api-key: sk-or-1"):
        refuse_strays(facts("/", line), dialect, replaced=False)


def test_credentials_of_both_go_to_neither():
    told = facts("/", "x-api-key: sk-ant-1", "authorization: Bearer sk-proj-1")
    for dialect in BOTH:
        with pytest.raises(ClientFault):
            refuse_strays(told, dialect, replaced=False)


SEGMENTS = st.sampled_from(
    [
        "v1",
        "messages",
        "responses",
        "models",
        "api",
        "chat",
        "..",
        ".",
        "%2e%2e",
        "%2F",
        "messages%2F..",
        "v1;x",
        "*",
        "..%2fmessages",
        "\\..\\",
        "%6dessages",
    ]
)
BYPASSES = [Bypass(), Bypass(provider=A), Bypass(provider=O), Bypass(enabled=False)]


@given(
    st.lists(SEGMENTS, max_size=6),
    st.lists(st.sampled_from([line for line, _ in SECRETS + HEADERS]), min_size=1),
    st.sampled_from(BYPASSES),
)
def test_no_path_takes_a_credential_to_the_other_vendor(segments, lines, bypass):
    told = facts("/" + "/".join(segments), *lines)
    vendors = {vendor for line, vendor in SECRETS + HEADERS if line in lines}
    try:
        dialect = dialect_of(told, BOTH, bypass)
        refuse_strays(told, dialect, replaced=False)
    except ClientFault:
        dialect = None  # it goes to nobody
    assert dialect is None or vendors == {dialect}
