"""What stands where a secret would."""

import pytest

from lunaroute.pii._placeholder import is_placeholder


@pytest.mark.parametrize(
    "value",
    ["${TOKEN}", "$TOKEN", "{{ x }}", "<your-key>", "xxxxxxxx", "********", "sk-...", "YOUR_API_KEY", "changeme", "None", "%TOKEN%", "[REDACTED]", "my-secret-token"],
)  # fmt: skip
def test_is_one(value):
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value", ["hunter2", "pa$$w0rd99", "a1b2c3d4", "correct-horse", "x9!"]
)
def test_is_none(value):
    assert not is_placeholder(value)
