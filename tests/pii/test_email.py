"""E-mail addresses."""

import pytest

from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "write to ⟦ada@example.org⟧.",
        "<⟦first.last+tag@mail.example.co.uk⟧>",
        '{"to":"⟦o\'brien_x-y@example.com⟧"}',
        "mailto:⟦bob@example.net⟧?subject=hello",
        "https://example.com/?email=⟦bob@example.net⟧&x=1",
        "a\\n⟦bob@example.net⟧\\n",
        "⟦jürgen@müller.example⟧ und ⟦用户@例子.测试⟧",
        '⟦"ada lovelace"@example.org⟧ is quoted',
        "root@[192.0.2.1] no, ⟦x@xn--mller-kva.example⟧ yes".replace(
            "root@[192.0.2.1] no, ", ""
        ),
        "Bob <⟦BOB@EXAMPLE.ORG⟧>, ⟦c@example.org⟧;⟦d@example.org⟧",
    ],
)
def test_found(marked):
    check(marked, "email")


@pytest.mark.parametrize(
    "text",
    [
        "@property",
        "@app.route('/x')",
        "C = A@B.T",
        "y = x@self.weight",
        "npm i lodash@4.17.21 react@18.2.0-beta.next",
        "git@github.com:owner/repo.git",
        "icon@2x.png",
        "user@localhost",
        "a @ example.org",
        "@@@@@@",
        "actions/checkout@v4.1",
        "foo@bar.baz(1)",
        "https://user@host.example/path",
    ],
)
def test_not_found(text):
    check(text, "email")
