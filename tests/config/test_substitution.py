import pytest

from lunaroute.config._substitution import substitute

ENVIRON = {"NAME": "value", "PORT": "9000", "EMPTY": ""}


def fill(text):
    filled = substitute({"host": text}, ENVIRON)
    assert not filled.problems
    return filled.data["host"]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${NAME}", "value"),
        ("a ${NAME} and ${PORT}!", "a value and 9000!"),
        ("${NAME:-x}", "value"),
        ("${OTHER:-x y}", "x y"),
        ("${OTHER:-}", ""),
        ("${EMPTY:-x}", "x"),
        ("${EMPTY}", ""),
        ("$NAME", "$NAME"),
        ("$", "$"),
        ("pa$$word", "pa$$word"),
        ("$${NAME}", "${NAME}"),
        ("$${NAME} ${NAME}", "${NAME} value"),
        ("{NAME}", "{NAME}"),
    ],
)
def test_tokens(text, result):
    assert fill(text) == result


def test_a_replaced_text_is_not_looked_at_again():
    filled = substitute({"host": "${A}"}, {"A": "${B}", "B": "x"})
    assert filled.data == {"host": "${B}"}


def test_an_unset_variable_without_default_is_a_problem():
    filled = substitute({"session_recording": {"pii": {"hmac_secret": "${NO}"}}}, {})
    key = "session_recording.pii.hmac_secret"
    assert "environment variable NO is not set" in filled.problems[key]


@pytest.mark.parametrize("text", ["${a b}", "${env.USER}", "${", "${1}", "${A:+b}"])
def test_a_malformed_token_is_a_problem_that_does_not_repeat_it(text):
    filled = substitute({"host": f"sk-{text}"}, {})
    assert "literal ${" in filled.problems["host"]
    assert "sk-" not in filled.problems["host"]


def test_values_of_any_depth_but_no_keys():
    data = {"allowed_hosts": ["${NAME}", 5], "${NAME}": {"a": ["${NAME}"]}, "port": 1}
    assert substitute(data, ENVIRON).data == {
        "allowed_hosts": ["value", 5],
        "${NAME}": {"a": ["value"]},
        "port": 1,
    }


def test_items_and_extra_providers():
    data = {
        "routing": {"rules": [{"name": "${NAME}", "primary": "a"}, "${NAME}"]},
        "providers": {"mine": {"api_key": "${NAME}"}},
    }
    filled = substitute(data, ENVIRON)
    assert filled.data["routing"]["rules"] == [
        {"name": "value", "primary": "a"},
        "value",
    ]
    assert filled.data["providers"]["mine"]["api_key"] == "value"
    assert filled.used["providers.mine.api_key"] == "${NAME}"
    assert filled.used["routing.rules[0].name"] == "${NAME}"


TEMPLATE = "${session_id} ${NAME} $${x} ${"


@pytest.mark.parametrize(
    "data",
    [
        {"providers": {"openai": {"request_headers": {"headers": {"A": TEMPLATE}}}}},
        {"providers": {"mine": {"request_headers": {"A": TEMPLATE}}}},
        {"providers": {"openai": {"request_body": {"defaults": {"a": [TEMPLATE]}}}}},
        {"providers": {"openai": {"response_body": {"fields": {"a": TEMPLATE}}}}},
        {"providers": {"openai": {"switch_notification_message": TEMPLATE}}},
        {"routing": {"provider_switch_notification": {"default_message": TEMPLATE}}},
        {
            "session_recording": {
                "pii": {"custom_patterns": [{"pattern": TEMPLATE, "placeholder": "${"}]}
            }
        },
    ],
)
def test_templates_are_left_alone(data):
    filled = substitute(data, ENVIRON)
    assert filled.data == data
    assert not filled.problems
