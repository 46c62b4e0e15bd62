"""Whether the record holds what the provider was asked."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.clients.provider import REFUSALS, SWITCHING, ClientProvider
from tests.kit import Serve
from tests.provider import Seen

SESSION_FIELDS = (b"x-claude-code-session-id", b"x-session-id", b"session-id")
REFUSED = {*REFUSALS, "error"}  # whether before an answer or within it
Facts = tuple[str, str, str | None, str | None]  # dialect, path, model, session


def missing(serve: Serve, provider: ClientProvider, word: str) -> list[str]:
    """What the record lacks or has too much; [] when nothing.

    ``word`` must be found by a search, unless it is empty.
    """
    asked = [_facts(seen) for seen in provider.seen]
    asked += _asked_in_frames(provider)
    sessions = {session for *_, session in asked}
    rows = serve.recorded(len(asked))
    kept = [
        (
            row["dialect"],
            row["path"],
            row["model_requested"],
            # A request that names no session is put into one of our making.
            row["session_id"] if row["session_id"] in sessions else None,
        )
        for row in rows
    ]
    wanted, found = Counter(asked), Counter(kept)
    problems = [f"not recorded: {facts}" for facts in (wanted - found).elements()]
    problems += [f"recorded instead: {facts}" for facts in (found - wanted).elements()]
    problems += _outcomes(provider, rows)
    if provider.frames:
        sizes = [(row["tunnel_up_bytes"], row["tunnel_down_bytes"]) for row in rows]
        if not any(up and down for up, down in sizes):
            problems.append(f"no bytes of frames were recorded: {sizes}")
    if word:
        search = serve.run("search", word, "--json")
        if search.returncode or not json.loads(search.stdout):
            problems.append(f"search does not find {word!r}: {search.stderr}")
    return problems


def _outcomes(provider: ClientProvider, rows: list[dict[str, Any]]) -> list[str]:
    """How exchanges ended, those within frames like any other. A client that leaves as
    soon as it has what it wanted has been answered.
    """
    scene = provider.scene
    wanted = Counter({"answered": len(rows)})
    if scene.upgrade != SWITCHING or scene.first in REFUSED:
        wanted.update(answered=-1, refused_by_provider=1)
    elif scene.first == "cut":
        wanted.update(answered=-1, upstream_cut=1)
    found = Counter(row["outcome"] for row in rows)
    return [] if found == wanted else [f"outcomes: {dict(found)}, not {dict(wanted)}"]


def _facts(seen: Seen) -> Facts:
    path = seen.line.split(b" ")[1].split(b"?")[0].decode()
    is_anthropic = "/messages" in path or path.startswith("/api")
    session = next(filter(None, map(seen.field, SESSION_FIELDS)), None)
    return (
        "anthropic" if is_anthropic else "openai",
        path,
        seen.json["model"] if seen.body else None,
        session.decode() if session else None,
    )


def _asked_in_frames(provider: ClientProvider) -> Iterator[Facts]:
    """Of each message that asks for a response, by the WebSocket it came on."""
    upgrades = {seen.connection: _facts(seen) for seen in provider.seen}
    for frame in provider.frames:
        body = json.loads(frame.data)
        if body["type"] == "response.create":
            dialect, path, _, session = upgrades[frame.connection]
            yield dialect, path, body["model"], session
