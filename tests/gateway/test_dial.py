"""Opening a connection: what is tried again, what each failure says, what it leaves."""

import socket
import ssl
import struct
from contextlib import asynccontextmanager

import pytest
import trio
import trustme

from lunaroute.errors import UpstreamFault
from lunaroute.gateway import _dial
from lunaroute.gateway._dial import Dialer
from lunaroute.gateway._http_client import Proxy
from lunaroute.gateway._names import Names
from lunaroute.gateway._pool import Pool
from lunaroute.gateway._tls import TlsClient
from tests.gateway.kit import nothing_left, provider_at, serving

HOST = "api.test"
LOOPBACK = "127.0.0.1"


class Resolver:
    """Says where ``api.test`` and any other name is, and how often it was asked."""

    def __init__(self, before=lambda count: None) -> None:
        self.asked = []
        self._before = before

    def __call__(self, host, port):
        self.asked.append(host)
        self._before(len(self.asked))
        return [(socket.AF_INET, (LOOPBACK, port))]


@pytest.fixture
def unheard():
    """A bound socket that does not listen: connections to it are refused."""
    with socket.socket() as bound:
        bound.bind((LOOPBACK, 0))
        yield bound


@pytest.fixture
def silent():
    """Connections to it are not answered: its queue is full."""
    with socket.socket() as listener, socket.socket() as one, socket.socket() as two:
        listener.bind((LOOPBACK, 0))
        listener.listen(0)
        for sock in (one, two):
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield listener


@asynccontextmanager
async def fault(words: str, status: int = 502):
    """What is raised inside says ``words`` and leaves nothing behind."""
    async with nothing_left():
        with pytest.raises(UpstreamFault, match=words) as raised:
            yield
    assert raised.value.status == status


def reset(sock: trio.socket.SocketType) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


async def echo(stream) -> None:
    """Until the client leaves, which may be with a reset and without a word of TLS."""
    try:
        async with stream:
            async for data in stream:
                await stream.send_all(data)
    except (trio.BrokenResourceError, ssl.SSLError):
        return


async def speaks(wire) -> bool:
    await wire.send(b"hello")
    got = b""
    while len(got) < 5:
        got += await wire.receive()
    return got == b"hello"


# Trying again.


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(_dial, "BACKOFF_SECONDS", 0.001)


async def test_a_refused_connection_is_tried_again_after_a_while(unheard):
    resolver = Resolver(lambda count: count == 3 and unheard.listen())
    began = trio.current_time()
    wire = await Dialer(Names(resolver)).dial(provider_at(unheard, HOST))
    wire.close()
    assert resolver.asked == [HOST] * 3  # it may have moved
    assert trio.current_time() - began >= 0.1 + 0.2


@pytest.mark.parametrize(("retries", "attempts"), [(0, 1), (2, 3)])
async def test_not_more_often_than_the_setting_says(
    unheard, at_once, retries, attempts
):
    resolver = Resolver()
    provider = provider_at(unheard, HOST, max_retries=retries)
    async with fault(rf"^cannot connect to {HOST}:\d+: Connection refused$"):
        await Dialer(Names(resolver)).dial(provider)
    assert len(resolver.asked) == attempts


async def test_a_pause_that_is_longer_than_the_time_left_is_not_begun(
    unheard, monkeypatch
):
    monkeypatch.setattr(_dial, "BACKOFF_SECONDS", 1000)
    resolver = Resolver()
    with pytest.raises(UpstreamFault, match="Connection refused") as raised:
        await Dialer(Names(resolver)).dial(provider_at(unheard, HOST))
    assert raised.value.status == 502
    assert len(resolver.asked) == 1


async def test_a_name_that_is_not_found_is_tried_again(unheard, at_once):
    def fail(count):
        if count < 3:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure")

    unheard.listen()
    wire = await Dialer(Names(Resolver(fail))).dial(provider_at(unheard, HOST))
    wire.close()


async def test_a_connection_that_breaks_off_in_the_handshake_is_tried_again(
    authority, tls, at_once
):
    count = 0

    async def moody(stream):
        nonlocal count
        count += 1
        if count == 1:
            await stream.receive_some()
            reset(stream.socket)
        elif count == 2:
            await stream.receive_some()
            await stream.aclose()
        else:
            await echo(trio.SSLStream(stream, tls, server_side=True))

    async with serving(moody) as port:
        async with nothing_left():
            dialer = trusting(authority, Names(Resolver()))
            wire = await dialer.dial(provider_at(port, HOST, tls=True))
            wire.close()
    assert count == 3


# What each failure says.


async def test_nobody_there(unheard):
    async with fault(r"cannot connect to 127\.0\.0\.1:\d+: Connection refused"):
        await Dialer().dial(provider_at(unheard, max_retries=0))


async def test_no_such_unix_socket(tmp_path):
    provider = provider_at(1)
    origin = provider.base.origin
    object.__setattr__(origin, "unix", str(tmp_path / "none"))
    async with fault(r"cannot connect to /.*none: No such file or directory"):
        await Dialer().dial(provider)


async def test_no_such_name():
    def refuse(count):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    dialer = Dialer(Names(Resolver(refuse)))
    async with fault(f"^cannot connect to {HOST}: Name or service not known$"):
        await dialer.dial(provider_at(443, HOST, max_retries=0))


async def test_silence_is_a_504(silent):
    async with fault(rf"^no connection to {LOOPBACK} within 0\.1 s$", 504):
        await Dialer().dial(provider_at(silent, connect_secs=0.1))


async def test_silence_in_the_handshake_is_a_504(authority):
    with socket.create_server((LOOPBACK, 0)) as mute:
        dialer = trusting(authority)
        async with fault(rf"no connection to {LOOPBACK} within 0\.2 s", 504):
            await dialer.dial(provider_at(mute, tls=True, connect_secs=0.2))


async def test_a_request_that_leaves_while_connecting_leaves_nothing(silent, authority):
    with socket.create_server((LOOPBACK, 0)) as mute:
        for provider in (provider_at(silent), provider_at(mute, tls=True)):
            async with nothing_left():
                with trio.move_on_after(0.1) as scope:
                    await trusting(authority).dial(provider)
            assert scope.cancelled_caught


async def test_no_tls_there():
    async def plain(stream):
        await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await stream.receive_some()
        await stream.aclose()

    async with serving(plain) as port:
        dialer = Dialer(Names(Resolver()))
        with pytest.raises(
            UpstreamFault, match=f"^TLS with {HOST} failed: wrong version number$"
        ):
            await dialer.dial(provider_at(port, HOST, tls=True))


# TLS.


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def tls(authority):
    return server_context(authority, HOST)


def server_context(authority, *names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2", "http/1.1"])
    authority.issue_cert(*names).configure_cert(context)
    return context


def trusting(authority, names=None):
    """A dialer that trusts one authority, without a file and an environment."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    context.set_alpn_protocols(["http/1.1"])
    dialer = Dialer(names)
    dialer._tls._context = context
    return dialer


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
async def test_a_private_authority_is_trusted_only_if_it_is_named(
    authority, tls, monkeypatch, tmp_path, variable
):
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    async with serving(echo, tls) as port:
        provider = provider_at(port, HOST, tls=True)
        with pytest.raises(
            UpstreamFault,
            match=f"^the certificate of {HOST} cannot be trusted: .*certificate",
        ):
            await Dialer(Names(Resolver())).dial(provider)
        if variable == "SSL_CERT_FILE":
            monkeypatch.setenv(variable, str(tmp_path / "ca.pem"))
        else:
            rehash(tmp_path)
            monkeypatch.setenv(variable, str(tmp_path))
        wire = await Dialer(Names(Resolver())).dial(provider)
        assert await speaks(wire)
        assert wire.sock.selected_alpn_protocol() == "http/1.1"
        wire.close()


def rehash(folder):
    """What `openssl rehash` does: the file has the hash of its subject as a name."""
    import subprocess

    pem = folder / "ca.pem"
    made = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(pem)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    pem.rename(folder / f"{made.stdout.strip()}.0")


async def test_a_certificate_for_somebody_else(authority):
    async with serving(echo, server_context(authority, "other.test")) as port:
        dialer = trusting(authority, Names(Resolver()))
        with pytest.raises(
            UpstreamFault, match=f"certificate of {HOST} .* Hostname mismatch"
        ):
            await dialer.dial(provider_at(port, HOST, tls=True))


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
async def test_the_session_is_resumed(authority, tls, version):
    tls.maximum_version = tls.minimum_version = ssl.TLSVersion[version]
    async with serving(echo, tls) as port:
        pool = Pool(trusting(authority, Names(Resolver())))
        provider = provider_at(port, HOST, tls=True)
        async with nothing_left():
            for resumed in (False, True, True):
                upstream = await pool.acquire(provider, fresh=True)
                assert await speaks(upstream.wire)
                assert upstream.wire.sock.session_reused is resumed
                pool.release(upstream)
            assert sum(pool.idle.values()) == 3
            pool.close()


async def test_a_session_that_a_server_does_not_know_is_no_trouble(authority, tls):
    dialer = trusting(authority, Names(Resolver()))
    for context in (tls, server_context(authority, HOST)):
        async with serving(echo, context) as port:
            provider = provider_at(port, HOST, tls=True)
            wire = await dialer.dial(provider)
            assert await speaks(wire)
            assert not wire.sock.session_reused
            dialer._tls._sessions.clear()
            dialer.learn(provider.base.origin, wire)
            (session,) = dialer._tls._sessions.values()
            wire.close()
    assert session.has_ticket


async def test_the_authorities_are_read_once(monkeypatch):
    client, made = TlsClient(), []
    create = ssl.create_default_context
    monkeypatch.setattr(
        ssl, "create_default_context", lambda: made.append(1) or create()
    )
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(client._load)
    assert made == [1]


# Proxies.


class ProxyServer:
    """Answers CONNECT: a tunnel to a port, or what it is told to say."""

    def __init__(self, target=0, says=b"HTTP/1.1 200 Connection established\r\n\r\n"):
        self.target, self.says = target, says
        self.heads = []

    async def __call__(self, stream):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await stream.receive_some()
        self.heads.append(head)
        if self.says:
            await stream.send_all(self.says)
        if not self.target:
            await stream.aclose()
            return
        async with await trio.open_tcp_stream(LOOPBACK, self.target) as other:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(pump, stream, other, nursery.cancel_scope)
                nursery.start_soon(pump, other, stream, nursery.cancel_scope)
        await stream.aclose()


async def pump(source, sink, scope):
    try:
        async for data in source:
            await sink.send_all(data)
    except trio.BrokenResourceError:
        pass  # the other side is gone, and that is how it ends
    scope.cancel()


async def test_tls_through_a_proxy_that_wants_to_know_who(authority, tls):
    async with serving(echo, tls) as target:
        server, resolver = ProxyServer(target), Resolver()
        async with serving(server) as port:
            proxy = Proxy("proxy.test", port, "Basic bWU6c2VjcmV0")
            provider = provider_at(443, HOST, tls=True, proxy=proxy)
            async with nothing_left():
                wire = await trusting(authority, Names(resolver)).dial(provider)
                assert await speaks(wire)
                wire.close()
    assert resolver.asked == [
        "proxy.test"
    ]  # the provider's name is the proxy's to find
    assert server.heads == [
        f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n"
        "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n".encode()
    ]


async def test_plain_http_through_a_proxy_is_a_tunnel_too():
    async with serving(echo) as target:
        server = ProxyServer(target, b"HTTP/1.0 200 OK\r\nVia: x\r\n\r\n")
        async with serving(server) as port:
            provider = provider_at(8080, "fd00::1", proxy=Proxy(LOOPBACK, port))
            wire = await Dialer().dial(provider)
            assert await speaks(wire)
            wire.close()
    assert server.heads == [
        b"CONNECT [fd00::1]:8080 HTTP/1.1\r\nHost: [fd00::1]:8080\r\n\r\n"
    ]


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\n"
            b"Proxy-Authenticate: Basic\r\nContent-Length: 3\r\n\r\nno!",
            f"^the proxy {LOOPBACK}:%d refuses a connection to {HOST}: "
            "407 Proxy Authentication Required$",
        ),
        (b"HTTP/1.1 502 \x1b[31m\xff\r\n\r\n", rf"to {HOST}: 502 \?\[31m\?$"),
        (b"HTTP/1.1 503\r\n\r\n", f"to {HOST}: 503$"),
        (b"SSH-2.0-x\r\n\r\n", f"^the proxy {LOOPBACK}:%d does not speak HTTP/1.1$"),
        (b"HTTP/1.1 200 OK\r\n\r\nsurprise", "more than its answer's head$"),
        (b"x" * 100_000, "does not speak HTTP/1.1$"),
        (b"HTTP/1.1 200 OK\r\n", f"^the proxy {LOOPBACK}:%d broke off: it closed"),
        (b"", f"^the proxy {LOOPBACK}:%d broke off: it closed the connection$"),
    ],
)  # fmt: skip
async def test_what_a_proxy_says_is_told_without_credentials(says, words):
    server = ProxyServer(0, says)
    async with serving(server) as port:
        proxy = Proxy(LOOPBACK, port, "Basic bWU6c2VjcmV0")
        provider = provider_at(443, HOST, tls=True, proxy=proxy, max_retries=0)
        with pytest.raises(
            UpstreamFault, match=words.replace("%d", str(port))
        ) as raised:
            await Dialer().dial(provider)
        assert raised.value.status == 502
        assert "bWU6" not in str(raised.value) + repr(provider)
    assert len(server.heads) == 1


async def test_no_proxy_there(unheard):
    proxy = Proxy(LOOPBACK, unheard.getsockname()[1])
    async with fault(
        rf"^cannot connect to the proxy {LOOPBACK}:\d+: Connection refused$"
    ):
        await Dialer().dial(provider_at(443, HOST, proxy=proxy, max_retries=0))


async def test_a_proxy_that_says_nothing_is_a_504():
    with socket.create_server((LOOPBACK, 0)) as mute:
        proxy = Proxy(LOOPBACK, mute.getsockname()[1])
        provider = provider_at(443, HOST, tls=True, proxy=proxy, connect_secs=0.2)
        async with fault(
            f"no connection to {HOST} through the proxy {LOOPBACK} within", 504
        ):
            await Dialer().dial(provider)
