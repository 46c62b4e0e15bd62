"""The real `lunaroute serve` as a test uses it, and small helpers around it."""

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

# A test waits for an event, never for a time; this is only how long it may take on
# the slowest machine before the test says that it never came.
CEILING = 60.0
BIN = Path(sys.executable).parent


def until(what: Callable[[], object], why: str = "", seconds: float = CEILING):
    """The first true result of ``what``; fails with ``why`` if none comes."""
    deadline = time.monotonic() + seconds
    while True:
        result = what()
        if result:
            return result
        if time.monotonic() > deadline:
            pytest.fail(f"never happened: {why or what}")
        time.sleep(0.01)


def clean_environment(home: Path, **extra: str) -> dict[str, str]:
    """This process' environment without what would change LunaRoute's behaviour."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("LUNAROUTE_")
        and not key.lower().endswith("_proxy")
        and key not in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY")
    }
    # Many tests start `serve` side by side; the web page has one port by default.
    kept["LUNAROUTE_UI_ENABLED"] = "false"
    pure = os.environ.get("LUNAROUTE_PURE_PYTHON")
    if pure:
        kept["LUNAROUTE_PURE_PYTHON"] = pure
    return {**kept, "LUNAROUTE_HOME": str(home), **extra}


PROC = Path("/proc/self/stat").exists()


def processes() -> dict[int, tuple[int, str, str]]:
    """pid: (parent, state, command line) of everything that runs."""
    if PROC:
        every = [
            int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()
        ]
        return {pid: found for pid in every if (found := _process(pid))}
    listing = subprocess.run(
        ["ps", "-axo", "pid=,ppid=,stat=,args="], capture_output=True, text=True
    ).stdout
    found = {}
    for line in listing.splitlines():
        pid, parent, state, *command = line.split(None, 3)
        found[int(pid)] = (int(parent), state, command[0] if command else "")
    return found


def children_of(parent: int) -> dict[int, tuple[int, str, str]]:
    """Those of ``processes`` that ``parent`` has started and not waited for."""
    try:
        tasks = Path(f"/proc/{parent}/task").iterdir()
        lists = [(task / "children").read_text() for task in tasks]
    except OSError:  # no Linux, no such list in this kernel, or gone
        return {p: row for p, row in processes().items() if row[0] == parent}
    every = [int(pid) for pids in lists for pid in pids.split()]
    return {pid: found for pid in every if (found := _process(pid))}


def _process(pid: int) -> tuple[int, str, str] | None:
    """One row of ``processes`` out of /proc: a hundredth of what ``ps`` costs."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    state, parent = stat.rpartition(")")[2].split()[:2]
    return int(parent), state, command.replace(b"\0", b" ").decode().strip()


def alive(pid: int) -> bool:
    """Runs, and is no zombie."""
    entry = _process(pid) if PROC else processes().get(pid)
    return entry is not None and not entry[1].startswith("Z")


class Serve:
    """One `lunaroute serve` in its own process group."""

    def __init__(
        self,
        home: Path,
        upstream: str,
        *arguments: str,
        program: str = "lunaroute",
        environment: dict[str, str] | None = None,
        config: str | None = None,
    ) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        variables = {
            "LUNAROUTE_ANTHROPIC_BASE_URL": upstream,
            "LUNAROUTE_OPENAI_BASE_URL": upstream,
        }
        if config is not None:
            self.config = home / "config.yaml"
            self.config.write_text(config)
            variables = {}
        command = [str(BIN / program), "serve", "--port", "0", *arguments]
        self.process = subprocess.Popen(
            command,
            env=clean_environment(home, **variables, **(environment or {})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.output: list[str] = []
        self.errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in (
                (self.process.stdout, self.output),
                (self.process.stderr, self.errors),
            )
        ]
        for reader in self._readers:
            reader.start()
        until(
            lambda: self._banner_complete() or self.process.poll() is not None,
            "the start lines",
        )
        assert self.process.poll() is None, "".join(self.errors)
        match = re.search(r"serves on (http://[^\s\\]+)", "".join(self.output))
        assert match is not None
        self.url = match[1]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.pids = {self.process.pid}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.children()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        for pid in self.pids:
            if alive(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
                    os.kill(pid, signal.SIGKILL)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(10)
        self.process.stdout.close()
        self.process.stderr.close()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal and waits for the end; the exit code."""
        self.children()
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(CEILING)
        for reader in self._readers:
            reader.join(10)
        return code

    def children(self) -> dict[str, int]:
        """The present gateway's and observer's pids, by name."""
        found = {}
        for pid, (_, state, command) in children_of(self.process.pid).items():
            if state.startswith("Z"):
                continue
            name = re.search(r"-m lunaroute\.(gateway|observer)\b", command)
            if name:
                found[name[1]] = pid
                self.pids.add(pid)
        return found

    def child(self, name: str, *, other_than: int = 0) -> int:
        """Waits for a child of that name, a new one if ``other_than`` is given."""

        def look() -> int:
            pid = self.children().get(name, 0)
            return 0 if pid == other_than else pid

        return until(look, f"a (new) {name}")

    @property
    def stderr(self) -> str:
        return "".join(self.errors)

    @property
    def stdout(self) -> str:
        return "".join(self.output)

    def _read(self, stream, lines: list[str]) -> None:
        lines.extend(iter(stream.readline, ""))

    def _banner_complete(self) -> bool:
        return any("export " in line for line in self.output[-1:])

    # What was recorded.

    def rows(
        self, sql: str = "SELECT * FROM exchanges WHERE outcome <> 'open' ORDER BY id"
    ) -> list[dict]:
        """Rows of the record as any SQLite client sees them; [] before the file is."""
        path = self.home / "sessions.db"
        if not path.exists():
            return []
        with contextlib.closing(
            sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
        ) as db:
            db.row_factory = sqlite3.Row
            try:
                return [dict(row) for row in db.execute(sql)]
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise

    def recorded(self, count: int) -> list[dict]:
        """Waits until so many exchanges are recorded; their rows in order."""
        rows: list[dict] = []

        def enough() -> bool:
            rows[:] = self.rows(
                "SELECT * FROM exchanges WHERE outcome <> 'open' ORDER BY started_at, id"
            )
            return len(rows) >= count

        until(enough, f"{count} recorded exchanges (stderr: {self.stderr})")
        return rows

    def events(self) -> list[dict]:
        """Every line of every JSONL file, in file order."""
        return [
            json.loads(line)
            for path in sorted((self.home / "sessions").rglob("*.jsonl"))
            for line in path.read_text().splitlines()
        ]

    def run(self, *arguments: str, program: str = "lunaroute"):
        """Another command of ours, in the same home."""
        return run(self.home, *arguments, program=program)


def run(
    home: Path,
    *arguments: str,
    program: str = "lunaroute",
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """A command of ours, to its end."""
    return subprocess.run(
        [str(BIN / program), *arguments],
        env=clean_environment(home, **(environment or {})),
        capture_output=True,
        text=True,
        timeout=CEILING * 2,
    )


class Raw:
    """A client that says exactly what it is told to."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        self.sock = socket.create_connection((address, port), timeout=CEILING)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def read_until(self, end: bytes) -> bytes:
        """Everything up to and with ``end``; fails when the connection ends before."""
        while end not in self.data:
            more = self.sock.recv(65536)
            assert more, f"closed after {self.data!r}"
            self.data += more
        at = self.data.index(end) + len(end)
        taken, self.data = self.data[:at], self.data[at:]
        return taken

    def read_answer(self) -> tuple[bytes, bytes]:
        """Head and body of one answer with a length or chunks."""
        head = self.read_until(b"\r\n\r\n")
        if b"chunked" in head.lower():
            return head, self.read_until(b"0\r\n\r\n")
        found = re.search(rb"content-length: *(\d+)", head.lower())
        length = int(found[1]) if found else 0
        while len(self.data) < length:
            more = self.sock.recv(65536)
            assert more, f"closed after {self.data!r}"
            self.data += more
        body, self.data = self.data[:length], self.data[length:]
        return head, body

    def read_all(self) -> bytes:
        """Everything until the connection ends; a reset is an end, too."""
        while True:
            try:
                more = self.sock.recv(65536)
            except ConnectionError:
                break
            if not more:
                break
            self.data += more
        return self.data


def ask(marker: str = "", *, stream: bool = False, session: str = "", **more) -> bytes:
    """An Anthropic request's body."""
    text = f"Which mountain? [[{marker}]]" if marker else "Which mountain?"
    body = {
        "model": "claude-sonnet-4-6",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": text}],
        **more,
    }
    if stream:
        body["stream"] = True
    if session:
        body["metadata"] = {"user_id": f"user_x_account_y_session_{session}"}
    return json.dumps(body).encode()


def post(body: bytes, path: str = "/v1/messages", **fields: str) -> bytes:
    """A raw POST request with a length."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
