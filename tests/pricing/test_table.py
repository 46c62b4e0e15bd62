"""The table is imported late, read offline and remembered."""

import subprocess
import sys
from datetime import UTC, datetime

from lunaroute.pricing._table import find_line, table_version

WHEN = datetime(2026, 11, 1, tzinfo=UTC)


def test_it_is_remembered():
    line = find_line("anthropic", "anthropic", "", "claude-opus-5")
    assert line is find_line("anthropic", "anthropic", "", "claude-opus-5")
    assert (line.provider, line.model) == ("anthropic", "claude-opus-5")
    assert find_line("anthropic", "anthropic", "", "claude-0") is None


def test_a_tier_without_prices():
    line = find_line("openai", "openai", "", "gpt-5")
    assert line.prices(WHEN, "scale") is None
    assert line.prices(WHEN, "flex")["input_mtok"] < line.prices(WHEN, "")["input_mtok"]


def test_a_tier_before_its_prices_are_known():
    line = find_line("openai", "openai", "", "gpt-5")
    assert line.prices(datetime(2026, 10, 11, tzinfo=UTC), "flex") is None


def test_the_version_names_the_package():
    assert table_version().startswith("genai-prices 0.")


def test_it_is_imported_with_the_first_price_only():
    program = """
import sys
import lunaroute.cli, lunaroute.gateway, lunaroute.supervisor, lunaroute.recording
assert "genai_prices" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert done.returncode == 0, done.stderr


def test_no_price_needs_the_network():
    program = """
import socket
def refuse(*_args, **_more):
    raise AssertionError("no network")
socket.socket.connect = socket.getaddrinfo = refuse
from datetime import UTC, datetime
from lunaroute.model import Usage
from lunaroute.pricing import price
found = price(Usage(output=1_000_000), provider="openai", dialect="openai", upstream="",
              model="gpt-5", when=datetime.now(UTC))
assert found.total == 10, found
import threading
assert threading.active_count() == 1
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert done.returncode == 0, done.stderr
