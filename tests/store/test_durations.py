"""Times that are told by name find their calls, or none."""

import pytest

from lunaroute.store import durations_of


@pytest.mark.parametrize(
    ("names", "told", "expected"),
    [
        ([], [], []),
        (["Read"], [], [None]),
        (["Read"], [("Read", 3)], [3]),
        (["Read", "Bash"], [("Bash", 1), ("Read", 2)], [2, 1]),
        (["Read", "Bash", "Read"], [("Read", 1), ("Read", 2)], [1, None, 2]),
        (["Read", "Read"], [("Read", 1)], [None, None]),
        (["Read"], [("Read", 1), ("Read", 2)], [None]),
        (["Read"], [("Grep", 1)], [None]),
    ],
)
def test_durations(names, told, expected):
    assert durations_of(names, told) == expected
