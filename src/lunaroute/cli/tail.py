"""``lunaroute tail``: exchanges as they pass, from the observer that records them."""

import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode

import click
from rich.text import Text

from lunaroute.cli._text import console, counted, cut, dollars, neutral, one_line
from lunaroute.errors import ConfigError
from lunaroute.upkeep import find_contact

# The observer says something every 5 s.
SILENCE_SECONDS = 30.0
# A restarted observer is back within a second or two; a busy machine takes longer.
BACK_SECONDS = 30.0
LOOK_SECONDS = 0.1
_LINES = 12


@click.command(name="tail")
@click.option("--session", default="", help="Of sessions whose id begins so.")
@click.option("--full", is_flag=True, help="Whole texts; otherwise their first lines.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, an object a line.")
def command(session: str, full: bool, as_json: bool) -> None:
    """Show requests and answers while they pass, until Ctrl-C.

    A request is shown when it has gone out, an answer as it comes (every 2 s or
    oftener), its end with tokens and cost. Of a request only texts that its session has
    not had before: a prompt that is sent once more is not shown again. What had begun
    before is not shown. When the observer is started again this goes on; when it stays
    away, the exit code is 1.
    """
    home = _home()
    out = console()
    try:
        for news in _news(home, session):
            if as_json:
                click.echo(json.dumps(news, ensure_ascii=False))
                continue
            for text in shown(news, full=full):
                out.print(text)
    except KeyboardInterrupt:
        return


def shown(news: dict[str, Any], *, full: bool) -> Iterator[Text]:
    """What a person reads of it."""
    session = one_line(news["session_id"])[:8]
    if news["agent"]:
        session += f"/{one_line(news['agent'])[:8]}"
    kind = news["type"]
    if kind == "request":
        parts = [_clock(news["at"]), session, "→", news["model"] or news["endpoint"]]
        if news["request_class"] not in (None, "main"):
            parts.append(news["request_class"])
        yield Text("  ".join(one_line(part or "-") for part in parts), style="bold")
        for text in news["texts"]:
            yield _text(session, f"{text['role']}/{text['kind']}", text["text"], full)
    elif kind == "answer":
        yield _text(session, news["kind"], news["text"], full)
    elif kind == "end":
        for text in news["texts"]:
            yield _text(session, text["kind"], text["text"], full)
        for call in news["calls"]:
            yield _text(session, f"tool {call['tool']}", call["arguments"], full)
        yield _end(session, news)


def _end(session: str, news: dict[str, Any]) -> Text:
    unpriced = int(news["cost_usd"] is None and news["total_tokens"] > 0)
    parts = [
        _clock(news["at"]),
        session,
        "←",
        str(news["status"] or ""),
        news["outcome"],
        news["stop_reason"] or "",
        "" if news["duration_ms"] is None else f"{news['duration_ms'] / 1000:.2f} s",
        counted(news["total_tokens"], "token") if news["total_tokens"] else "",
        dollars(news["cost_usd"], unpriced) if news["total_tokens"] else "",
        cut(news["error"] or "", 200),
    ]
    is_good = news["outcome"] == "answered"
    line = "  ".join(one_line(part) for part in parts if part)
    return Text(line, style="green" if is_good else "bold red")


def _text(session: str, label: str, words: str, full: bool) -> Text:
    lines = neutral(words).split("\n")
    if not full and len(lines) > _LINES:
        lines = [*lines[:_LINES], f"… {counted(len(lines) - _LINES, 'more line')}"]
    part = Text(f"  {session} {one_line(label)}: ", style="cyan")
    part.append("\n    ".join(lines), style="default not bold")
    return part


def _clock(at: str) -> str:
    return datetime.fromisoformat(at).astimezone().strftime("%H:%M:%S")


def _home() -> Path:
    # Imported here: `--help` needs no settings.
    from lunaroute.config import resolve  # noqa: PLC0415

    try:
        return resolve({}, os.environ).location.home_directory
    except ConfigError as error:
        _fail(str(error), 2)


class Known:
    """What was told: another observer's account goes on where the last one ended."""

    def __init__(self) -> None:
        self._newest: int | None = None
        self._open: dict[str, int] = {}
        # Characters by exchange and kind: told, and to be passed over when told again.
        self._told: dict[tuple[str, str], int] = {}
        self._again: dict[tuple[str, str], int] = {}

    @property
    def after(self) -> int | None:
        """Where another account has to begin; None for now."""
        if self._open:
            return min(self._open.values()) - 1
        return self._newest

    def begin_again(self) -> None:
        """Another account begins."""
        self._again = dict(self._told)

    def only_new(self, news: dict[str, Any]) -> dict[str, Any] | None:
        """The news less what was told; None where nothing is left."""
        kind = news["type"]
        if kind == "from":
            self._newest = news["number"] if self._newest is None else self._newest
            return None
        name = news["exchange_id"]
        if kind == "request":
            is_new = self._newest is None or news["number"] > self._newest
            if is_new:
                self._newest = news["number"]
                self._open[name] = news["number"]
            return news if is_new else None
        if name not in self._open:
            return None
        if kind == "answer":
            text = self._rest(name, news["kind"], news["text"])
            return {**news, "text": text} if text else None
        texts = [
            {**each, "text": text}
            for each in news["texts"]
            if (text := self._rest(name, each["kind"], each["text"]))
        ]
        del self._open[name]
        for known in (self._told, self._again):
            for key in [key for key in known if key[0] == name]:
                del known[key]
        return {**news, "texts": texts}

    def _rest(self, name: str, kind: str, text: str) -> str:
        key = (name, kind)
        passed = min(self._again.get(key, 0), len(text))
        self._again[key] = self._again.get(key, 0) - passed
        self._told[key] = self._told.get(key, 0) + len(text) - passed
        return text[passed:]


def _news(home: Path, session: str) -> Iterator[dict[str, Any]]:
    """What the observer tells, over its restarts."""
    known = Known()
    stream = _asked(home, session, None)
    if stream is None:
        _fail(f"no `lunaroute serve` records into {home} at present", 2)
    while stream is not None:
        for line in stream:
            news = known.only_new(json.loads(line))
            if news is not None:
                yield news
        known.begin_again()
        deadline = time.monotonic() + BACK_SECONDS
        stream = _asked(home, session, known.after)
        while stream is None and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
            stream = _asked(home, session, known.after)
    _fail("the recorder is gone", 1)


def _asked(home: Path, session: str, after: int | None) -> Iterator[str] | None:
    """A stream of lines up to its end; None where nobody answers."""
    contact = find_contact(home)
    if contact is None:
        return None
    wanted = {"session": session, "after": "" if after is None else str(after)}
    connection = _Local(contact.socket)
    try:
        connection.request("GET", f"/tail?{urlencode(wanted)}")
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException):
        connection.close()
        return None
    if answer.status != http.HTTPStatus.OK:
        with closing(connection):
            told = json.loads(answer.read())
        _fail(told["error"]["message"], 2)
    return _read(connection, answer)


def _read(
    connection: http.client.HTTPConnection, answer: http.client.HTTPResponse
) -> Iterator[str]:
    with closing(connection):
        try:
            for line in answer:
                if line.strip():
                    yield line.decode().rstrip("\n")
        except (OSError, http.client.HTTPException):
            return  # it ended in the middle: the observer was killed


class _Local(http.client.HTTPConnection):
    """To a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=SILENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SILENCE_SECONDS)
        self.sock.connect(self._path)


def _fail(words: str, code: int) -> NoReturn:
    click.echo(f"lunaroute: {words}", err=True)
    sys.exit(code)
