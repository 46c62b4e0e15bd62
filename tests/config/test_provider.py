import pytest
from pydantic import ValidationError

from lunaroute.config._provider import ExtraProvider, Providers


def test_both_built_in_providers_are_enabled_without_being_mentioned():
    providers = Providers.model_validate({"openai": {"enabled": False}})
    assert not providers.openai.enabled
    assert providers.anthropic.enabled
    assert providers.anthropic.base_url == "https://api.anthropic.com"
    assert providers.openai.base_url == "https://api.openai.com/v1"


def test_any_other_name_declares_a_provider():
    extra = Providers.model_validate({"mine": {"type": "openai"}}).mine
    assert isinstance(extra, ExtraProvider)
    assert extra.type == "openai"


def test_such_a_provider_needs_a_type():
    with pytest.raises(ValidationError, match="needs `type: anthropic`"):
        Providers.model_validate({"mine": {"enabled": True}})
