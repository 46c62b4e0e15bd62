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
        "\\u003c⟦ada@example.org⟧\\u003e %3C⟦ada@example.org⟧%3E mailto:⟦ada%40example.org⟧",
        "_⟦ada@example.org⟧(work) ⟦ada@example.org⟧[1] ⟦ada@example.org⟧=admin".replace(
            "_", ""
        ),
        "⟦ada@example.org⟧、⟦bob@example.org⟧",
        "⟦ada@host.example.com⟧: permission denied",
        "email: ⟦ada@mail.corporate⟧ <⟦ada@mail.corporate⟧>",
        "⟦a@b.co⟧ ⟦info@service.example⟧ ⟦Info@Service.com⟧ ⟦ada@ejemplo.com.py⟧",
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
        "ssh -T git@github.com",
        "ssh -p 443 git@git.example.org",
        "the host is git@gitlab.com, as ever",
        "icon@2x.png",
        "user@localhost",
        "a @ example.org",
        "@@@@@@",
        "actions/checkout@v4.1",
        "foo@bar.baz(1)",
        "https://user@host.example/path",
        "obj@Service.method y = x@layer.kernel preds@batch.labels x@np.linalg q@k.mT",
        "'UserController@index.show' event@Controller.action",
        "org-1234@github.com:org/repo.git",
        "getty@tty1.service dev@disk.mount x.yml@main.branch",
        "github.com/foo/bar@v1.2.3/baz.go /pkg@1.2.3(react@18.2.0)",
        "[a-z]+@[a-z]+.com %s@%s.com xxx@xxx.xxx",
        "https://user:password@example.com/path",
    ],
)
def test_not_found(text):
    check(text, "email")
