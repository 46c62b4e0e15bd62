"""The ways from client to provider: straight, through nginx, through LunaRoute."""

import contextlib
import os
import re
import resource
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from benchmarks._client import Client
from benchmarks._measure import on_core, stop
from tests.kit import Serve, processes, until

ROOT = Path(__file__).parent.parent
# What this nginx would not speak by itself but our provider and we do.
SECURED = """proxy_ssl_protocols TLSv1.3;
  proxy_ssl_session_reuse on;
  proxy_ssl_verify on;
  proxy_ssl_trusted_certificate {authority};
  proxy_ssl_name localhost;"""

NGINX = """\
{user}
worker_processes 1;
worker_rlimit_nofile {files};
daemon off;
pid {home}/nginx.pid;
error_log {home}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  tcp_nodelay on;
  client_max_body_size 0;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  keepalive_requests 100000000;
  {secured}
  upstream provider {{
    server 127.0.0.1:{provider};
    keepalive 64;
    keepalive_requests 100000000;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {scheme}://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
    }}
  }}
}}
"""


@dataclass
class Way:
    """One way; ``workers`` are the processes whose processor time counts."""

    name: str
    port: int
    workers: dict[str, int] = field(default_factory=dict)
    record: "Record | None" = None
    tls: ssl.SSLContext | None = None  # of the straight way, if the provider has it
    processes: list[int] = field(default_factory=list)  # all that belong to it

    def client(self) -> Client:
        return Client(self.port, self.tls)


@dataclass(frozen=True)
class Tls:
    """An authority of our own and a certificate for this machine."""

    authority: Path
    certificate: Path

    @classmethod
    def make(cls, place: Path) -> "Tls":
        authority = trustme.CA()
        made = cls(place / "authority.pem", place / "certificate.pem")
        authority.cert_pem.write_to_path(str(made.authority))
        issued = authority.issue_cert("localhost", "127.0.0.1")
        issued.private_key_and_cert_chain_pem.write_to_path(str(made.certificate))
        return made

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))


class Record:
    """What a running LunaRoute has written, seen through SQLite."""

    def __init__(self, serve: Serve) -> None:
        self._path = serve.home / "sessions.db"
        self.sent = 0  # by those who measure

    def count(self, where: str = "1") -> int:
        if not self._path.exists():
            return 0
        database = f"file:{self._path}?mode=ro"
        with contextlib.closing(sqlite3.connect(database, uri=True, timeout=30)) as db:
            try:
                sql = f"SELECT count(*) FROM exchanges WHERE outcome <> 'open' AND {where}"
                return db.execute(sql).fetchone()[0]
            except sqlite3.OperationalError:
                return 0  # not yet made

    @property
    def shed(self) -> int:
        """Exchanges whose bodies were dropped."""
        return self.count("shed_bytes > 0")

    @property
    def backlog(self) -> int:
        return self.sent - self.count()

    def drain(self, seconds: float = 120.0) -> float:
        """Waits until all is committed; how long that took."""
        began = time.monotonic()
        while self.backlog > 0 and time.monotonic() - began < seconds:
            time.sleep(0.005)
        return time.monotonic() - began


@contextlib.contextmanager
def provider(core: int | None, tls: Tls | None = None) -> Iterator[int]:
    """A provider process; its port."""
    arguments = [] if tls is None else [str(tls.certificate)]
    with on_core(core):
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks._provider", *arguments],
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        stop(process)
        process.stdout.close()


@contextlib.contextmanager
def nginx(
    home: Path, upstream: int, core: int | None, tls: Tls | None = None
) -> Iterator[Way | None]:
    """nginx with one worker, unbuffered; None if it is not installed."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        print(
            "nginx is not on the PATH: its row is left out "
            "(`apt-get install nginx-light`)",
            file=sys.stderr,
        )
        yield None
        return
    home.mkdir(parents=True)
    port = _free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    conf = home / "nginx.conf"
    secured = "" if tls is None else SECURED.format(authority=tls.authority)
    conf.write_text(
        NGINX.format(
            home=home,
            provider=upstream,
            port=port,
            user=user,
            files=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
            secured=secured,
            scheme="http" if tls is None else "https",
        )
    )
    with on_core(core):
        process = subprocess.Popen([program, "-p", str(home), "-c", str(conf)])
    try:
        until(lambda: _listens(port), "nginx to listen")
        worker = until(lambda: _child_of(process.pid), "nginx's worker")
        everyone = [process.pid, worker]
        yield Way("nginx", port, {"nginx": worker}, processes=everyone)
    finally:
        stop(process)


@contextlib.contextmanager
def lunaroute(
    home: Path,
    upstream: int,
    core: int | None,
    *,
    recording: bool = True,
    buffer_mb: int = 256,
    tls: Tls | None = None,
    workers: int = 1,
) -> Iterator[tuple[Way, Serve]]:
    """A real ``lunaroute serve``, all its processes on ``core``."""
    scheme = "http" if tls is None else "https"
    config = (
        f"providers: {{anthropic: {{base_url: '{scheme}://127.0.0.1:{upstream}'}}}}\n"
        f"session_recording: {{enabled: {str(recording).lower()}, "
        f"buffer_mb: {buffer_mb}}}\n"
    )
    environment = {} if tls is None else {"SSL_CERT_FILE": str(tls.authority)}
    arguments = [] if workers == 1 else ["--workers", str(workers)]
    with on_core(core):
        serve = Serve(home, "", *arguments, config=config, environment=environment)
    with serve:
        found = _workers(serve, workers)
        if recording:
            found["observer"] = serve.child("observer")
        name = "LunaRoute, recording" if recording else "LunaRoute, recording off"
        record = Record(serve) if recording else None
        everyone = [serve.process.pid, *found.values()]
        yield Way(name, serve.port, found, record, processes=everyone), serve


@contextlib.contextmanager
def ways(
    home: Path, near: int | None, far: int | None, tls: Tls | None = None
) -> Iterator[list[Way]]:
    """Everything started: the straight way first."""
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(provider(near, tls))
        context = None if tls is None else tls.context()
        found = [Way("straight", upstream, tls=context)]
        through = stack.enter_context(nginx(home / "nginx", upstream, far, tls))
        if through is not None:
            found.append(through)
        for name, recording in (("off", False), ("on", True)):
            way, _ = stack.enter_context(
                lunaroute(home / name, upstream, far, recording=recording, tls=tls)
            )
            found.append(way)
        yield found


def turned(found: list[Way], by: int) -> list[Way]:
    """The ways in another order each round."""
    by %= len(found)
    return found[by:] + found[:by]


def _workers(serve: Serve, count: int) -> dict[str, int]:
    """The gateways by name: ``gateway``, or ``gateway 1`` and so on."""
    if count == 1:
        return {"gateway": serve.child("gateway")}

    def look() -> list[int]:
        pids = [
            pid
            for pid, (parent, _, command) in processes().items()
            if parent == serve.process.pid
            and re.search(r"-m lunaroute\.gateway\b", command)
        ]
        return pids if len(pids) == count else []

    pids = until(look, f"{count} gateways")
    return {f"gateway {number}": pid for number, pid in enumerate(sorted(pids), 1)}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def _child_of(pid: int) -> int:
    for child, (parent, _, _) in processes().items():
        if parent == pid:
            return child
    return 0
