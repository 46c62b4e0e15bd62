import pytest

from lunaroute.config._suggestion import nearest_variable, suggestion


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("prot",), "did you mean port?"),
        (("session_recordings",), "did you mean session_recording?"),
        (
            ("session_recording", "jsonl", "directry"),
            "did you mean session_recording.jsonl.directory?",
        ),
        (("level",), "did you mean logging.level?"),
        (
            ("routing", "rules", 2, "primery"),
            "did you mean routing.rules[2].primary?",
        ),
        (
            ("providers", "mine", "base-url"),
            "did you mean providers.mine.base_url?",
        ),
        (("bypass", "xyzzy"), "known here: enabled, provider"),
    ],
)
def test_the_nearest_known_key(written, meant):
    assert suggestion(written) == meant


def test_the_nearest_known_variable():
    assert nearest_variable("LUNAROUTE_PROT") == "LUNAROUTE_PORT"
    assert nearest_variable("LUNAROUTE_UI_PROT") == "LUNAROUTE_UI_PORT"
