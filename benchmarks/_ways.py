"""The ways from client to provider: straight, through nginx, through LunaRoute."""

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._measure import on_core, stop
from tests.kit import Serve, processes, until

ROOT = Path(__file__).parent.parent

NGINX = """\
{user}
worker_processes 1;
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
  upstream provider {{
    server 127.0.0.1:{provider};
    keepalive 64;
    keepalive_requests 100000000;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://provider;
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
                sql = f"SELECT count(*) FROM exchanges WHERE {where}"
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
def provider(core: int) -> Iterator[int]:
    """A provider process; its port."""
    with on_core(core):
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks._provider"],
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
def nginx(home: Path, upstream: int, core: int) -> Iterator[Way | None]:
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
    conf.write_text(NGINX.format(home=home, provider=upstream, port=port, user=user))
    with on_core(core):
        process = subprocess.Popen([program, "-p", str(home), "-c", str(conf)])
    try:
        until(lambda: _listens(port), "nginx to listen")
        worker = until(lambda: _child_of(process.pid), "nginx's worker")
        yield Way("nginx", port, {"nginx": worker})
    finally:
        stop(process)


@contextlib.contextmanager
def lunaroute(
    home: Path,
    upstream: int,
    core: int,
    *,
    recording: bool = True,
    buffer_mb: int = 256,
) -> Iterator[tuple[Way, Serve]]:
    """A real ``lunaroute serve``, all its processes on ``core``."""
    config = (
        f"providers: {{anthropic: {{base_url: 'http://127.0.0.1:{upstream}'}}}}\n"
        f"session_recording: {{enabled: {str(recording).lower()}, "
        f"buffer_mb: {buffer_mb}}}\n"
    )
    with on_core(core):
        serve = Serve(home, "", config=config)
    with serve:
        workers = {"gateway": serve.child("gateway")}
        if recording:
            workers["observer"] = serve.child("observer")
        name = "LunaRoute, recording" if recording else "LunaRoute, recording off"
        record = Record(serve) if recording else None
        yield Way(name, serve.port, workers, record), serve


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
