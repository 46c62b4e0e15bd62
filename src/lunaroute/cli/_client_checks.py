"""Examines the clients' side: do their variables and files lead to the server?"""

import json
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lunaroute.cli._clients import past_proxies
from lunaroute.cli._finding import Finding, note, ok, problem, warning

CHATGPT = "https://chatgpt.com/backend-api/codex"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def examine_clients(
    url: str, openai_base_url: str, environ: Mapping[str, str], home: Path
) -> Iterator[Finding]:
    """All that we know. ``url`` is the server's, ``home`` the user's own directory,
    ``openai_base_url`` where requests in OpenAI's dialect go.
    """
    yield from examine_proxies(environ)
    yield from examine_variables(url, environ)
    yield from examine_claude(url, environ, home)
    yield from examine_codex(url, openai_base_url, environ, home)
    yield from examine_opencode(url, environ, home)


def examine_proxies(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Would a client ask a proxy for loopback?"""
    if past_proxies(environ):
        yield problem(
            "proxy",
            "a proxy is set and NO_PROXY does not name loopback: clients ask it for us",
            "export NO_PROXY=127.0.0.1,localhost (`lunaroute run` does so by itself)",
        )


def examine_variables(url: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Those of this shell."""
    for name, path in (("ANTHROPIC_BASE_URL", ""), ("OPENAI_BASE_URL", "/v1")):
        value = environ.get(name, "")
        if not value:
            yield note("shell", f"{name} is not set here", "eval $(lunaroute env)")
        elif leads_to(value, url):
            yield _with_path("shell", name, value, path)
        else:
            yield warning(
                "shell",
                f"{name} is {value}, and the server is at {url}",
                "eval $(lunaroute env)",
            )


def examine_claude(
    url: str, environ: Mapping[str, str], home: Path
) -> Iterator[Finding]:
    """Claude Code: its settings go before the shell's variables."""
    topic = "claude"
    if not shutil.which("claude", path=environ.get("PATH")):
        yield note(topic, "Claude Code is not installed (no `claude` on the PATH)")
        return
    for name in ("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX"):
        if environ.get(name) not in (None, "", "0"):
            yield problem(
                topic, f"{name} is set: Claude Code goes elsewhere", f"unset {name}"
            )
    directory = Path(environ.get("CLAUDE_CONFIG_DIR") or home / ".claude")
    file = directory / "settings.json"
    settings, trouble = _read_json(file)
    if trouble:
        yield warning(topic, trouble, "mend the file, Claude Code needs it, too")
    variables = settings.get("env")
    value = variables.get("ANTHROPIC_BASE_URL") if isinstance(variables, dict) else None
    if isinstance(value, str) and value and not leads_to(value, url):
        yield problem(
            topic,
            f"{file} sets ANTHROPIC_BASE_URL to {value}, which goes before the shell's",
            f"remove it there, or set it to {url}",
        )
    elif value or leads_to(environ.get("ANTHROPIC_BASE_URL", ""), url):
        yield ok(topic, f"Claude Code is led to {url}")
    else:
        yield note(
            topic,
            "Claude Code is not led to the proxy",
            "lunaroute run claude, or eval $(lunaroute env) before it",
        )


def examine_codex(
    url: str, openai_base_url: str, environ: Mapping[str, str], home: Path
) -> Iterator[Finding]:
    """Codex: its file alone counts, and its login has one place where it is valid."""
    topic = "codex"
    if not shutil.which("codex", path=environ.get("PATH")):
        yield note(topic, "Codex is not installed (no `codex` on the PATH)")
        return
    directory = Path(environ.get("CODEX_HOME") or home / ".codex")
    file = directory / "config.toml"
    config, trouble = _read_toml(file)
    if trouble:
        yield warning(topic, trouble, "mend the file, Codex needs it, too")
    wanted = f'openai_base_url = "{url}/v1"'
    provider = config.get("model_provider")
    base = config.get("openai_base_url")
    if isinstance(provider, str) and provider != "openai":
        providers = config.get("model_providers")
        chosen = providers.get(provider) if isinstance(providers, dict) else None
        base = chosen.get("base_url") if isinstance(chosen, dict) else None
        wanted = f'base_url = "{url}/v1" in [model_providers.{provider}]'
    if isinstance(base, str) and leads_to(base, url):
        yield ok(topic, f"{file} leads Codex to {base}")
    else:
        yield note(
            topic,
            f"{file} does not lead Codex to the proxy, and it ignores OPENAI_BASE_URL",
            f"lunaroute run codex, or put there: {wanted}",
        )
    login, _ = _read_json(directory / "auth.json")
    by_chatgpt = bool(login.get("tokens")) and not login.get("OPENAI_API_KEY")
    if by_chatgpt and urlsplit(openai_base_url).hostname != "chatgpt.com":
        yield warning(
            topic,
            f"Codex has a ChatGPT login, valid at chatgpt.com, and requests go to "
            f"{openai_base_url}",
            f"LUNAROUTE_OPENAI_BASE_URL={CHATGPT} lunaroute restart",
        )


def examine_opencode(
    url: str, environ: Mapping[str, str], home: Path
) -> Iterator[Finding]:
    """OpenCode: the address of each provider in its file."""
    topic = "opencode"
    if not shutil.which("opencode", path=environ.get("PATH")):
        yield note(topic, "OpenCode is not installed (no `opencode` on the PATH)")
        return
    file = home / ".config" / "opencode" / "opencode.json"
    config, trouble = _read_json(file)
    if trouble:
        yield note(topic, f"{trouble} (comments are not understood here)")
    text = json.dumps(config.get("provider", {}))
    if urlsplit(url).netloc in text:
        yield ok(topic, f"{file} leads OpenCode to {url}")
    else:
        yield note(
            topic,
            f"{file} does not lead OpenCode to the proxy",
            f'lunaroute run opencode, or "baseURL": "{url}/v1" for each provider there',
        )


def leads_to(value: str, url: str) -> bool:
    """True if a base URL is this server's, by whatever name of loopback."""
    try:
        given, ours = urlsplit(value), urlsplit(url)
        same_port = given.port == ours.port
    except ValueError:
        return False
    names = (ours.hostname, *_LOOPBACK)
    return given.scheme == "http" and same_port and given.hostname in names


def _with_path(topic: str, name: str, value: str, path: str) -> Finding:
    found = urlsplit(value).path.rstrip("/")
    if found == path or found.startswith("/t/"):
        return ok(topic, f"{name} is {value}")
    should = value.removesuffix("/").removesuffix(found) + path
    return warning(topic, f"{name} is {value}", f"export {name}={should}")


def _read_json(path: Path) -> tuple[dict[str, Any], str]:
    """The map in a file, and what is wrong with it; no file is an empty map."""
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError) as error:
        return {}, f"{path} cannot be read: {error}"
    return (found, "") if isinstance(found, dict) else ({}, f"{path} holds no map")


def _read_toml(path: Path) -> tuple[dict[str, Any], str]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file), ""
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError) as error:
        return {}, f"{path} cannot be read: {error}"
