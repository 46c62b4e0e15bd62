import pytest

from lunaroute.config import declarations, find, flags, variables
from lunaroute.config._declaration import canonical, dotted
from lunaroute.config._settings import Bootstrap, Process, Settings

ROOTS = [Settings, Process, Bootstrap]


@pytest.mark.parametrize("root", ROOTS)
def test_every_setting_has_a_help_text_and_words_for_its_type(root):
    for each in declarations(root).values():
        assert each.meaning.endswith("."), each.key
        assert each.words, each.key


def test_every_setting_that_is_not_built_names_its_feature():
    for each in (*declarations().values(), *declarations(Process).values()):
        assert each.about.built or each.about.feature, each.key


def test_paths_are_written_with_dots_and_indices():
    assert dotted(("routing", "rules", 0, "name")) == "routing.rules[0].name"
    assert find(("routing", "rules", 3, "name")).key == "routing.rules[].name"


def test_settings_of_an_extra_provider_are_found():
    assert find(("providers", "my.own", "api_key")).about.secret
    with pytest.raises(LookupError):
        find(("providers", "my.own", "nonsense"))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("session_recording.sessions_dir", "session_recording.jsonl.directory"),
        (
            "session_recording.cleanup.retention.max_age_days",
            "session_recording.jsonl.retention.max_age_days",
        ),
        ("providers.openai.type", "providers.openai.provider_type"),
        ("providers.mine.type", "providers.mine.provider_type"),
        ("host", "host"),
    ],
)
def test_other_spellings_are_kept_under_one_key(written, kept):
    assert dotted(canonical(tuple(written.split(".")))) == kept


def test_variables():
    known = variables()
    for name in (
        *("LUNAROUTE_BOOTSTRAP", "LUNAROUTE_CONFIG", "LUNAROUTE_DIALECT"),
        *("LUNAROUTE_HOME", "LUNAROUTE_PURE_PYTHON", "LUNAROUTE_CODEX_UA_VERSION"),
        *("OPENAI_API_KEY", "ANTHROPIC_API_KEY"),
        *("LUNAROUTE_OPENAI_BASE_URL", "LUNAROUTE_ANTHROPIC_BASE_URL"),
    ):
        assert name in known
    assert not any("{" in name or "<" in name for name in known)


def test_flags():
    assert set(flags()) == {
        *("host", "port", "config", "bootstrap", "dialect"),
        *(
            "no_recording",
            "no_ui",
            "log_level",
            "log_format",
            "workers",
            "allow_remote",
        ),
    }
