import pytest

from lunaroute.config import check_file, resolve
from lunaroute.config._declaration import declarations


def warnings(write, environ, text, **more):
    path = write(text)
    return list(resolve({"config": str(path)}, environ | more).warnings)


def test_one_warning_for_each_feature_names_the_keys(write, environ):
    text = """
session_recording:
  worker: {batch_size: 3}
routing:
  rules: [{name: a, model_pattern: b, primary: openai}]
providers:
  openai: {response_body: {enabled: true}}
  anthropic: {response_body: {enabled: true}}
"""
    end = "known, but not built yet; it has no effect"
    assert warnings(write, environ, text) == [
        (
            "response_body: "
            f"{end}: providers.anthropic.response_body.enabled, "
            "providers.openai.response_body.enabled"
        ),
        f"recording worker: {end}: session_recording.worker.batch_size",
        f"routing: {end}: routing.rules",
    ]


def test_a_variable_is_named_as_it_was_written(write, environ):
    named = [
        each.about.env
        for each in declarations().values()
        if each.about.env and not (each.about.built or each.about.same_as)
    ]
    for name in named:
        (only,) = warnings(write, environ, "", **{name: "true"})
        assert only.endswith(f"it has no effect: {name}")


@pytest.mark.parametrize(
    "text",
    [
        "ui: {enabled: true, host: 127.0.0.1, port: 8082}",
        "ui: {enabled: false}",
        "ui: {sessions_dir: ~/.lunaroute/sessions}",
        "session_stats_max_sessions: 100",
        "providers: {anthropic: {type: anthropic}, openai: {provider_type: openai}}",
        "logging: {level: debug, log_requests: false}",
        "session_recording: {pii: {enabled: true, detect_jwt: false}}",
        "providers: {openai: {websocket: off, codex_auth: {enabled: auto}}}",
        "bypass: {enabled: false, provider: openai}",
    ],
)
def test_a_default_or_what_holds_already_is_no_warning(write, environ, text):
    assert not warnings(write, environ, text)


@pytest.mark.parametrize(
    "text",
    [
        "providers: {openai: {type: anthropic}}",
        "routing: {provider_switch_notification: {enabled: true}}",
    ],
)
def test_anything_else_is_one_warning(write, environ, text):
    assert len(warnings(write, environ, text)) == 1


def test_extra_providers_are_one_warning(write, environ):
    text = """
providers:
  my.own: {type: openai, base_url: http://localhost:1, model: x}
  other: {provider_type: anthropic}
"""
    assert warnings(write, environ, text) == [
        (
            "extra providers: known, but not built yet; it has no effect: "
            "providers.my.own, providers.other"
        )
    ]


def test_an_unknown_variable_is_one_warning(write, environ):
    assert warnings(write, environ, "", LUNAROUTE_PROT="1", OTHER="x") == [
        "LUNAROUTE_PROT: unknown variable, ignored; did you mean LUNAROUTE_PORT?"
    ]


def test_recording_into_nothing(write, environ):
    text = "session_recording: {jsonl: {enabled: false}, sqlite: {enabled: false}}"
    (only,) = warnings(write, environ, text)
    assert "nothing is recorded" in only
    assert not warnings(write, environ, text + "\n", LUNAROUTE_ENABLE_JSONL_WRITER="1")
    assert not warnings(write, environ, "session_recording: {enabled: false}")


def test_forwarding_to_nobody(write, environ):
    text = "api_dialect: openai\nproviders: {openai: {enabled: false}}"
    (only,) = warnings(write, environ, text)
    assert "nothing can be forwarded" in only
    assert not warnings(write, environ, "providers: {openai: {enabled: false}}")


def test_a_file_alone_is_checked_without_the_environments_settings(write, environ):
    path = write("session_recording: {postgres: {enabled: '${UI}'}}")
    more = {"UI": "true", "LUNAROUTE_PORT": "abc", "LUNAROUTE_X": "1"}
    (only,) = check_file(path, environ | more)
    assert only.endswith(": session_recording.postgres.enabled")


def test_authorities_that_are_not_there(write, environ, tmp_path):
    text, missing = "providers: {openai: {enabled: true}}", str(tmp_path / "missing")
    (only,) = warnings(write, environ, text, SSL_CERT_FILE=missing)
    assert only.startswith(f"SSL_CERT_FILE: there is no file {missing}")
    (only,) = warnings(write, environ, text, SSL_CERT_DIR=missing)
    assert only.startswith("SSL_CERT_DIR: there is no ")
    there = str(write("x", "ca.pem"))
    folders = f"{missing}:{tmp_path}"
    assert not warnings(write, environ, text, SSL_CERT_FILE=there, SSL_CERT_DIR=folders)
