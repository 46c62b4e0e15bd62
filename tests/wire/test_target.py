"""Target forms and Host: what a request may be for."""

import pytest

from lunaroute.errors import ClientFault
from lunaroute.wire import host_name, parse_request


def ask(target=b"/x", host=b"a.test", method=b"GET", version=b"1.1"):
    return b"%b %b HTTP/%b\r\nHost: %b\r\n\r\n" % (method, target, version, host)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (b"a.test", "a.test"),
        (b"A.Test:8080", "a.test"),
        (b"a.test.", "a.test."),
        (b"a.test:", "a.test"),
        (b"a.test:0080", "a.test"),
        (b"a.test:65535", "a.test"),
        (b"127.0.0.1:1", "127.0.0.1"),
        (b"[::1]", "::1"),
        (b"[::FFFF:127.0.0.1]:8080", "::ffff:127.0.0.1"),
        (b"[v1.a:b]:1", "v1.a:b"),
        (b"a_b~c!$&'()*+;=", "a_b~c!$&'()*+;="),
        (b"%41.test", "%41.test"),
        (b"", ""),
    ],
)
def test_a_host_and_its_name(host, name):
    head = parse_request(ask(host=host))
    assert (head.host, host_name(head)) == (host, name)
    assert host_name(parse_request(ask(b"http://b.test:1/x", host))) == "b.test"
    if host:
        absolute = parse_request(ask(b"http://" + host + b"/x"))
        assert (absolute.target, host_name(absolute)) == (b"/x", name)


BAD_HOSTS = [
    b"a b",
    b"a.test, b.test",
    b"a,b",
    b"a/b",
    b"user@a",
    b"a:b",
    b"a:-1",
    b"a:65536",
    b"a:80:80",
    b"a:1 ",
    b":80",
    b"::1",
    b"[::1",
    b"::1]",
    b"[::1]x",
    b"[]",
    b"[1.2.3.4]",
    b"[::1%25lo]",
    b"[v1.]",
    b"a\\b",
    b"a?b",
    b"a#b",
    b"<a>",
    b"%4",
    b"caf\xe9",
    b"a\x7f",
]


@pytest.mark.parametrize("host", BAD_HOSTS)
@pytest.mark.parametrize("version", [b"1.0", b"1.1", b"1.2"])
def test_a_host_that_is_none(host, version):
    if host == host.strip():
        refuses(ask(host=host, version=version))


@pytest.mark.parametrize("host", [*BAD_HOSTS, b""])
def test_an_authority_that_is_none(host):
    if not set(b"/?#@ \x7f\xe9") & set(host):
        refuses(ask(b"http://" + host + b"/x"))
        refuses(ask(b"http://" + host))


def test_a_bad_host_is_bad_beside_an_absolute_target_too():
    refuses(ask(b"http://a.test/x", b"a b"))


@pytest.mark.parametrize("version", [b"1.1", b"1.2"])
def test_a_host_there_must_be_and_only_one(version):
    refuses(b"GET / HTTP/%b\r\n\r\n" % version)
    refuses(b"GET / HTTP/%b\r\nHost: a\r\nX: 1\r\nhost: a\r\n\r\n" % version)
    old = parse_request(b"GET / HTTP/1.0\r\n\r\n")
    assert (old.host, host_name(old)) == (b"", "")


@pytest.mark.parametrize(
    ("method", "target", "resolved"),
    [
        (b"GET", b"/a/b?x=1&y=%20z", b"/a/b?x=1&y=%20z"),
        (b"GET", b"//double", b"//double"),
        (b"OPTIONS", b"*", b"*"),
        (b"GET", b"http://b.test", b"/"),
        (b"GET", b"HTTPS://b.test/", b"/"),
        (b"GET", b"http://b.test:80/p/q?r=/s", b"/p/q?r=/s"),
        (b"GET", b"http://b.test?r=/s", b"/?r=/s"),
        (b"GET", b"http://user:SECRET@b.test/x", b"/x"),
        (b"GET", b"http://@b.test/x", b"/x"),
        (b"OPTIONS", b"http://b.test", b"*"),
        (b"OPTIONS", b"http://b.test/", b"/"),
    ],
)
def test_target_forms(method, target, resolved):
    head = parse_request(ask(target, method=method))
    assert head.target == resolved
    assert host_name(head) == ("a.test" if target[:1] in b"/*" else "b.test")


@pytest.mark.parametrize(
    "target",
    b"x ! * *x ?x a.test:443 file:///etc/passwd ftp://a.test/ http:/a http:// http:///x "
    b"http://a\\@b/ http://a@b@c/ http://a[@b/ http://%x@b/ http://u:p@ http://@/".split(),
)
def test_no_target(target):
    refuses(ask(target))


def test_connect_is_not_implemented():
    refuses(ask(b"a.test:443", method=b"CONNECT"), 501)
    refuses(ask(b"/x", method=b"CONNECT"), 501)


@pytest.mark.parametrize(
    ("version", "status"),
    [
        (b"0.9", 505),
        (b"2.0", 505),
        (b"3.0", 505),
        (b"9.9", 505),
        (b"1.10", 400),
        (b"11.1", 400),
        (b"1", 400),
        (b"1.x", 400),
    ],
)
def test_versions_that_are_not_spoken(version, status):
    refuses(ask(version=version), status)


def test_a_later_minor_version_is_taken_for_the_one_we_know():
    assert parse_request(ask(version=b"1.2")).minor == 1
    assert not parse_request(ask(version=b"1.9")).close


def refuses(raw, status=400):
    with pytest.raises(ClientFault) as refused:
        parse_request(raw)
    assert refused.value.status == status
