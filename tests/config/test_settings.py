import pytest
from pydantic import ValidationError

from lunaroute.config._settings import Bootstrap, Rule, Settings


def test_defaults():
    settings = Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8081)
    assert settings.api_dialect == "both"
    assert settings.http_server.shutdown_timeout_secs == 30
    assert (settings.ui.host, settings.ui.port) == ("127.0.0.1", 8082)


def test_a_rule_needs_a_provider_or_a_strategy():
    rule = {"name": "a", "model_pattern": "x"}
    assert Rule.model_validate(rule | {"primary": "openai"}).priority == 10
    assert Rule.model_validate(rule | {"strategy": "round-robin"}).primary is None
    with pytest.raises(ValidationError, match="`primary` or `strategy`"):
        Rule.model_validate(rule)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"source": "database", "database_url": "x"}, "is not supported"),
        ({}, "`file_path` is missing"),
        ({"source": "file"}, "`file_path` is missing"),
    ],
)
def test_a_bootstrap_file_names_a_file(given, reason):
    assert Bootstrap.model_validate({"file_path": "x"}).source == "file"
    with pytest.raises(ValidationError, match=reason):
        Bootstrap.model_validate(given)
