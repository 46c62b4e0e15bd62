"""The settings of redaction, checked together, as the recorder is told them."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lunaroute.config._layer import Value
from lunaroute.config._recording import PiiRules
from lunaroute.errors import ConfigError
from lunaroute.pii import KINDS, CustomPattern, Detector, Kind, Policy, load_plugins

_PII = "session_recording.pii"


def policy(pii: PiiRules) -> Policy:
    """What is looked for and what becomes of it."""
    return Policy(
        modes={
            name: _mode(pii, kind) for name, kind in KINDS.items() if _on(pii, kind)
        },
        min_confidence=pii.min_confidence,
        shown=pii.partial_show_chars,
        custom=tuple(
            CustomPattern(**each.model_dump()) for each in pii.custom_patterns
        ),
        secret=pii.hmac_secret,
        reversible=pii.reversible,
        plugins=pii.enabled,
        loopback=pii.detect_loopback_addresses,
        documentation=pii.detect_documentation_addresses,
    )


def check(pii: PiiRules, secret: Value, home: Path) -> None:
    """Raises ConfigError for patterns that cannot be run and for a vault whose secret
    would lie beside it.
    """
    ours = policy(pii)
    try:
        Detector((), custom=ours.custom)
    except ConfigError as error:
        raise ConfigError(f"{_PII}.custom_patterns: {error}") from error
    try:
        if ours.plugins:
            load_plugins()
    except ConfigError as error:
        raise ConfigError(f"{_PII}.enabled: {error}") from error
    for name, count in Counter(each.name for each in ours.custom).items():
        if count > 1:
            raise ConfigError(
                f"{_PII}.custom_patterns: {name!r} is given {count} times"
            )
    if pii.reversible and not (pii.hmac_secret and _is_outside(secret, home)):
        raise ConfigError(
            f"{_PII}.reversible: needs {_PII}.hmac_secret from outside the home, as"
            ' "${LUNAROUTE_PII_SECRET}" takes it from a variable: beside the vault it'
            " would protect nothing"
        )


def unused(pii: PiiRules) -> Iterator[str]:
    """What is set and has no effect, each as a sentence."""
    modes = {*policy(pii).modes.values()}
    modes |= {each.redaction_mode for each in pii.custom_patterns}
    if pii.reversible and "tokenize" not in modes:
        yield f"{_PII}.reversible: nothing is kept: no kind has the mode tokenize"


def in_words(ours: Policy) -> str:
    """What is redacted, for the lines at the start."""
    if ours.is_off:
        return "off: secrets and personal data are recorded as they are"
    parts = [
        _part("secrets", [k for k in KINDS.values() if k.is_secret], ours),
        _part("personal data", [k for k in KINDS.values() if not k.is_secret], ours),
    ]
    if ours.custom:
        parts.append(f"your own patterns: {len(ours.custom)}")
    return ", ".join(parts)


def _part(what: str, kinds: list[Kind], ours: Policy) -> str:
    modes = [ours.modes[k.name] for k in kinds if k.name in ours.modes]
    if not modes:
        return f"{what}: off"
    text = f"{what}: {'/'.join(dict.fromkeys(modes))}"
    off = len(kinds) - len(modes)
    return f"{text} ({off} of {len(kinds)} kinds off)" if off else text


def _on(pii: PiiRules, kind: Kind) -> bool:
    wanted = pii.secrets if kind.is_secret else pii.enabled
    return bool(wanted and getattr(pii, f"detect_{kind.name}"))


def _mode(pii: PiiRules, kind: Kind) -> str:
    general = pii.secrets_mode if kind.is_secret else pii.redaction_mode
    return pii.modes.get(kind.name, general)


def _is_outside(secret: Value, home: Path) -> bool:
    source, _, place = secret.origin.partition(" ")
    if source == "file" and not secret.variables:
        return not Path(place).resolve().is_relative_to(home.resolve())
    return source != "default"
