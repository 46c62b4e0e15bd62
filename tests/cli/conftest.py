"""A home with servers in the background."""

import pytest

from tests.cli.background import background


@pytest.fixture
def behind(tmp_path, provider):
    """Commands in a home of its own; what they start is ended after the test."""
    with background(tmp_path / "home", provider.url) as made:
        yield made
