"""What the user should know although nothing is wrong."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from lunaroute.config._declaration import (
    BUILT_IN_PROVIDERS,
    declarations,
    find,
    variables,
)
from lunaroute.config._declaration import Path as KeyPath
from lunaroute.config._layer import Layer
from lunaroute.config._provider import MAX_RETRIES, Provider
from lunaroute.config._redaction import unused
from lunaroute.config._settings import Process, Settings
from lunaroute.config._suggestion import nearest_variable


def notices(
    given: Layer,
    defaults: Mapping[KeyPath, object],
    settings: Settings,
    environ: Mapping[str, str],
) -> list[str]:
    """All warnings, each one sentence."""
    return [
        *_unknown_variables(environ),
        *_not_built(given, defaults, environ),
        *_nothing_recorded(settings),
        *_nothing_served(settings),
        *_too_many_retries(settings),
        *_no_authorities(environ),
        *unused(settings.session_recording.pii),
    ]


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    known = variables()
    for name in sorted(environ):
        if name.startswith("LUNAROUTE_") and name not in known:
            near = nearest_variable(name)
            yield f"{name}: unknown variable, ignored; did you mean {near}?"


def _not_built(
    given: Layer, defaults: Mapping[KeyPath, object], environ: Mapping[str, str]
) -> Iterator[str]:
    features: dict[str, list[str]] = {}
    for path, value in given.items():
        feature, written = _feature(path), value.written
        if path[:1] == ("providers",) and path[1] not in BUILT_IN_PROVIDERS:
            feature, written = "extra providers", f"providers.{path[1]}"
        elif _has_its_effect(path, value.value, defaults):
            continue
        used = features.setdefault(feature, [])
        if written not in used:
            used.append(written)
    for each in declarations(Process).values():
        name = each.about.env
        if not each.about.built and environ.get(name, each.default) != each.default:
            features.setdefault(each.about.feature, []).append(name)
    for feature, used in features.items():
        yield (
            f"{feature}: known, but not built yet; it has no effect: {', '.join(used)}"
        )


def _feature(path: KeyPath) -> str:
    return find(path).about.feature


def _has_its_effect(
    path: KeyPath, value: object, defaults: Mapping[KeyPath, object]
) -> bool:
    about = find(path).about
    return about.built or value == defaults[path] or value in about.holds


def _nothing_recorded(settings: Settings) -> Iterator[str]:
    recording = settings.session_recording
    if recording.enabled and not (recording.jsonl.enabled or recording.sqlite.enabled):
        yield (
            "session_recording: nothing is recorded: "
            "both jsonl and sqlite are switched off"
        )


def _nothing_served(settings: Settings) -> Iterator[str]:
    providers, dialect = settings.providers, settings.api_dialect
    enabled = {
        "anthropic": providers.anthropic.enabled,
        "openai": providers.openai.enabled,
    }
    if not any(on for name, on in enabled.items() if dialect in (name, "both")):
        yield (
            f"providers: nothing can be forwarded: no enabled provider for "
            f"api_dialect {dialect}"
        )


def _too_many_retries(settings: Settings) -> Iterator[str]:
    for name in BUILT_IN_PROVIDERS:
        provider: Provider = getattr(settings.providers, name)
        if provider.http_client.max_retries > MAX_RETRIES:
            yield (
                f"providers.{name}.http_client.max_retries: more than {MAX_RETRIES} "
                f"are not made; {MAX_RETRIES} it is"
            )


def _no_authorities(environ: Mapping[str, str]) -> Iterator[str]:
    """OpenSSL is silent about these, and then no certificate holds."""
    file, folders = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if file and not Path(file).is_file():
        yield f"SSL_CERT_FILE: there is no file {file}; no authority comes from it"
    if folders and not any(Path(each).is_dir() for each in folders.split(os.pathsep)):
        yield f"SSL_CERT_DIR: there is no {folders}; no authority comes from it"
