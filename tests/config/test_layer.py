import pytest

from lunaroute.config._layer import (
    nest,
    read_bootstrap,
    read_environment,
    read_flags,
    read_settings_file,
)
from lunaroute.errors import ConfigError


def test_a_file_gives_what_is_written_in_it_and_nothing_else(write, environ):
    path = write("port: 9000\nlogging:\n  level: debug\nui:\n")
    layer = read_settings_file(path, environ)
    assert {key: each.value for key, each in layer.items()} == {
        ("port",): 9000,
        ("logging", "level"): "debug",
    }
    assert layer["port",].origin == f"file {path}"


def test_a_toml_file_holds_the_same_settings(write, environ):
    text = """
port = 9000
[providers.openai]
api_key = "${KEY}"
[session_recording.jsonl]
enabled = false
[[routing.rules]]
name = "a"
model_pattern = "^gpt-"
primary = "openai"
"""
    path = write(text, "config.toml")
    layer = read_settings_file(path, environ | {"KEY": "sk-1"})
    assert layer["providers", "openai", "api_key"].value == "sk-1"
    assert layer["session_recording", "jsonl", "enabled"].value is False
    assert layer["routing", "rules"].value[0].primary == "openai"


def test_values_are_converted_after_substitution(write, environ):
    path = write('port: "${PORT:-8081}"\nsession_recording: {enabled: "${ON}"}\n')
    layer = read_settings_file(path, environ | {"ON": "yes"})
    assert layer["port",].value == 8081
    assert layer["session_recording", "enabled"].value is True


def test_all_problems_of_a_file_are_reported_together(write, environ):
    path = write("prot: 1\nhost: x\nproviders: {openai: {api_key: '${NO}'}}\n")
    with pytest.raises(ConfigError) as caught:
        read_settings_file(path, environ)
    assert sorted(str(caught.value).splitlines()) == [
        f"{path}: host: expected an IP address or localhost, got 'x'",
        f"{path}: prot: unknown key; did you mean port?",
        (
            f"{path}: providers.openai.api_key: the environment variable NO is not "
            "set; set it, or give a default: ${NO:-…}"
        ),
    ]


def test_two_spellings_may_agree_but_not_differ(write, environ):
    text = "session_recording: {{sessions_dir: {}, jsonl: {{directory: /a}}}}\n"
    layer = read_settings_file(write(text.format("/a")), environ)
    assert layer["session_recording", "jsonl", "directory"].value == "/a"
    with pytest.raises(ConfigError, match=r"another spelling .* the two differ"):
        read_settings_file(write(text.format("/b")), environ)


def test_a_deep_value_is_refused_and_not_a_traceback(write, environ):
    path = write("x = " + "[" * 3000 + "]" * 3000 + "\n", "c.toml")
    with pytest.raises(ConfigError, match="nested too deeply"):
        read_settings_file(path, environ)


def test_a_bootstrap_file_names_the_configuration_file(write, environ):
    path = write("source: file\nfile_path: ${DIR}/my.yaml\n", "bootstrap.yaml")
    assert read_bootstrap(path, environ | {"DIR": "/etc"}) == "/etc/my.yaml"
    path = write('file_path = "~/x"\n', "bootstrap.toml")
    assert read_bootstrap(path, environ) == "~/x"


def test_a_database_as_source_is_not_supported(write, environ):
    path = write("source: database\ndatabase_url: postgres://u:SECRET@h/d\n", "b.yaml")
    with pytest.raises(ConfigError, match="`source: database` is not supported") as it:
        read_bootstrap(path, environ)
    assert "SECRET" not in str(it.value)
    assert str(it.value).startswith(f"{path}: ")


def test_unknown_keys_of_a_bootstrap_file(write, environ):
    path = write("file_pat: x\n", "b.yaml")
    with pytest.raises(ConfigError, match="unknown key; did you mean file_path"):
        read_bootstrap(path, environ)


def test_variables_that_are_set():
    layer = read_environment({"LUNAROUTE_PORT": "9000", "LUNAROUTE_HOST": ""})
    assert list(layer) == [("port",)]
    assert layer["port",].value == 9000
    assert layer["port",].origin == "env LUNAROUTE_PORT"


def test_a_bad_variable_is_named():
    with pytest.raises(ConfigError) as caught:
        read_environment({"LUNAROUTE_PORT": "x", "LUNAROUTE_UI_ENABLED": "maybe"})
    assert str(caught.value).splitlines() == [
        "LUNAROUTE_PORT: expected a whole number between 0 and 65535, got 'x'",
        "LUNAROUTE_UI_ENABLED: expected true or false, got 'maybe'",
    ]


def test_options_that_are_given():
    layer = read_flags(
        {"port": 1, "dialect": "OpenAI", "no_recording": True, "no_ui": False}
        | {"host": None, "config": "x", "log_level": "warn"}
    )
    assert {key: each.value for key, each in layer.items()} == {
        ("port",): 1,
        ("api_dialect",): "openai",
        ("session_recording", "enabled"): False,
        ("logging", "level"): "warn",
    }
    assert layer["port",].origin == "flag --port"


def test_a_bad_option_is_named():
    with pytest.raises(ConfigError, match=r"^--dialect: expected openai, anthropic or"):
        read_flags({"dialect": "french"})
    with pytest.raises(ConfigError, match=r"^speed: unknown option"):
        read_flags({"speed": 1})


def test_nest():
    assert nest({("a", "b"): 1, ("a", "c"): 2, ("d",): 3}) == {
        "a": {"b": 1, "c": 2},
        "d": 3,
    }
