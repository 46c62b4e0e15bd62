"""Cookies of a session."""

import pytest

from tests.pii.marked import check

VALUE = "p9oae0k43o6h63ob9801e4omil3jm8bn"


@pytest.mark.parametrize(
    "marked",
    [
        f"Cookie: sessionid=⟦{VALUE}⟧; theme=dark",
        f"cookie: theme=dark; JSESSIONID=⟦{VALUE}⟧",
        f"Set-Cookie: auth=⟦{VALUE}⟧; Path=/; HttpOnly",
        f"< Set-Cookie: sid=⟦{VALUE}⟧; Path=/; HttpOnly",
        f'document.cookie = "sid=⟦{VALUE}⟧"',
        f"curl -b 'PHPSESSID=⟦{VALUE}⟧' https://x.example",
        f"Set-Cookie: connect.sid=⟦s%3A{VALUE}.{VALUE}⟧; Path=/",
        f'"Cookie": "_app_session=⟦{VALUE}⟧"',
    ],
)
def test_found(marked):
    check(marked, "password")


@pytest.mark.parametrize(
    "text",
    [
        f"session_id={VALUE}",
        "Cookie: sessionid=short1",
        "Cookie: session=abcdefghijklmnopqrstuvwx",
        f"Cookie: theme={VALUE}",
        "Set-Cookie: sessionid=<session-id-0123456789>",
        f"Cookie: a=1\n\nsession={VALUE}",
    ],
)
def test_not_found(text):
    check(text, "password")
