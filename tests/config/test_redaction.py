"""What the settings of redaction say together."""

import pytest

from lunaroute.config import resolve
from lunaroute.config._recording import Pii
from lunaroute.config._redaction import in_words, policy
from lunaroute.errors import ConfigError
from lunaroute.pii import KINDS, PERSONAL, SECRETS, Policy


def pii(**values):
    return Pii.model_validate(values)


def test_secrets_are_masked_and_personal_data_is_not():
    modes = policy(pii()).modes
    assert set(modes) == SECRETS
    assert set(modes.values()) == {"mask"}
    assert in_words(policy(pii())) == "secrets: mask, personal data: off"


def test_every_kind_has_its_switch_and_may_have_its_mode():
    assert set(policy(pii(enabled=True)).modes) == set(KINDS)
    assert set(policy(pii(enabled=True, secrets=False)).modes) == PERSONAL
    chosen = pii(
        enabled=True, detect_email=False, detect_jwt=False, secrets_mode="remove",
        redaction_mode="tokenize", modes={"ssn": "partial"}, partial_show_chars=2,
    )  # fmt: skip
    made = policy(chosen)
    assert "email" not in made.modes
    assert "jwt" not in made.modes
    assert made.modes["ssn"] == "partial"
    assert made.modes["phone"] == "tokenize"
    assert made.modes["private_key"] == "remove"
    assert made.shown == 2
    words = in_words(made)
    assert f"secrets: remove (1 of {len(SECRETS)} kinds off)" in words
    assert f"personal data: tokenize/partial (1 of {len(PERSONAL)} kinds off)" in words


def test_which_addresses_of_networks_count_is_a_choice():
    made = policy(pii(enabled=True))
    assert (made.loopback, made.documentation) == (False, True)
    made = policy(
        pii(detect_loopback_addresses=True, detect_documentation_addresses=False)
    )
    assert (made.loopback, made.documentation) == (True, False)


def test_patterns_are_looked_for_whatever_else_is_off():
    made = policy(pii(secrets=False, custom_patterns=[{"name": "x", "pattern": "y"}]))
    assert not made.modes
    assert not made.is_off
    assert in_words(made) == "secrets: off, personal data: off, your own patterns: 1"
    off = policy(pii(secrets=False))
    assert off.is_off
    assert in_words(off).startswith("off: ")


def test_the_recorder_is_told_all_of_it():
    made = policy(pii(enabled=True, custom_patterns=[{"name": "x", "pattern": "y"}]))
    assert Policy.from_plain(made.plain()) == made


def _refused(write, environ, text, **variables):
    path = write(f"session_recording: {{pii: {text}}}")
    with pytest.raises(ConfigError) as refused:
        resolve({"config": str(path)}, environ | variables)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "{custom_patterns: [{name: x, pattern: '(?=y)'}]}",
            "custom_patterns: the pat",
        ),
        ("{custom_patterns: [{name: x, pattern: '('}]}", "RE2"),
        (
            "{custom_patterns: [{name: x, pattern: a}, {name: x, pattern: b}]}",
            "'x' is given 2 times",
        ),
        ("{modes: {mail: mask}}", "mail is no kind; there are email, phone"),
        ("{modes: {email: hide}}", "email must be mask, remove, tokenize or partial"),
        ("{redaction_mode: hide}", "expected mask, remove, tokenize or partial"),
        ("{reversible: true}", "reversible: needs session_recording.pii.hmac_secret"),
    ],
)
def test_what_cannot_be_meant_is_refused(write, environ, text, reason):
    assert reason in _refused(write, environ, text)


def test_the_vaults_secret_comes_from_outside_the_home(write, environ, tmp_path):
    inside = {"LUNAROUTE_HOME": str(tmp_path)}
    text = (
        "{reversible: true, redaction_mode: tokenize, enabled: true, hmac_secret: %s}"
    )
    assert "outside the home" in _refused(write, environ, text % "hush", **inside)
    path = write("session_recording: {pii: " + text % '"${S}"' + "}")
    resolved = resolve({"config": str(path)}, environ | inside | {"S": "hush"})
    assert policy(resolved.settings.session_recording.pii).secret == "hush"
    path = write(f"session_recording: {{pii: {text % 'hush'}}}")
    assert resolve({"config": str(path)}, environ).warnings == ()


def test_a_vault_that_nothing_goes_into_is_said(write, environ):
    path = write("session_recording: {pii: {reversible: true, hmac_secret: hush}}")
    (warning,) = resolve({"config": str(path)}, environ).warnings
    assert "no kind has the mode tokenize" in warning
