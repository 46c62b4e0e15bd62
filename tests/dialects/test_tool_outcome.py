"""What a result says of itself: success, exit codes, how long the tool ran."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.dialects._chat_request import read as read_chat
from lunaroute.dialects._responses_item import read_item
from lunaroute.dialects._tool_outcome import ToolOutcome, outcome_in, outcome_of
from lunaroute.dialects._transcript import Transcript

DONE = "Script completed\nWall time 0.2 seconds\nOutput:\n\nExit code: 7"
COMMAND = "Chunk ID: 1a2b3c\nWall time: 0.0531 seconds\nProcess exited with code {}\nOriginal token count: 3\nOutput:\nhi\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DONE, (False, 200_000)),
        ("Script failed\nWall time 12 seconds\nOutput:\n", (True, 12_000_000)),
        ("Script failed\nWall time 1 second\nError", (True, 1_000_000)),
        ("Script running with cell ID 3\nWall time 10.0 seconds\n", (None, None)),
        (COMMAND.format(0), (False, 53_100)),
        (COMMAND.format(-9), (True, 53_100)),
        ("Wall time: 0.1 seconds\nProcess exited with code 2\nOutput:\n", (True, 100_000)),
        ("Wall time: 10.0 seconds\nProcess running with session ID 7\n", (None, None)),
        ("Exit code: 0\nWall time: 1.5 seconds\nOutput:\nok", (False, 1_500_000)),
        ("Exit code: 101\nWall time: 2 seconds\nOutput:\nno", (True, 2_000_000)),
        ('{"output":"a","metadata":{"exit_code":0,"duration_seconds":0.1}}', (False, 100_000)),
        ('{"output":"a", "metadata": {"duration_seconds": 3, "exit_code": 1} }', (True, 3_000_000)),
        ('{"output":"a","metadata":{}}', (None, None)),
        # What a tool prints itself says nothing.
        ("Exit code: 1", (None, None)),
        ("Exit code: 1\nmade by a test runner", (None, None)),
        ("done\nExit code: 1\nWall time: 2 seconds\n", (None, None)),
        ('{"exit_code": 1}', (None, None)),
        ("error: not found", (None, None)),
        ("", (None, None)),
        (f"Exit code: 0\nWall time: {'9' * 40} seconds\n", (False, None)),
    ],
)  # fmt: skip
def test_a_text(text, expected):
    assert outcome_in(text) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"type": "apply_patch_call_output", "status": "failed"}, True),
        ({"type": "apply_patch_call_output", "status": "completed"}, False),
        ({"type": "apply_patch_call_output", "status": 3}, None),
        # Elsewhere the status says that the item is whole.
        ({"type": "function_call_output", "status": "completed"}, None),
        ({"output": [{"stdout": "", "outcome": {"type": "exit", "exit_code": 0}}]}, False),
        ({"output": [{"outcome": {"type": "exit", "exit_code": 0}},
                     {"outcome": {"type": "exit", "exit_code": 2}}]}, True),
        ({"output": [{"outcome": {"type": "timeout"}}]}, True),
        ({"output": [{"outcome": "none"}]}, None),
        ({"output": "plain"}, None),
    ],
)  # fmt: skip
def test_an_item(item, expected):
    assert outcome_of(item, "") == ToolOutcome(expected)


def test_results_carry_it():
    transcript = Transcript()
    read_item(
        {"type": "custom_tool_call_output", "call_id": "a", "output": DONE}, transcript
    )
    message = {"role": "tool", "tool_call_id": "b", "content": COMMAND.format(1)}
    read_chat({"messages": [message]}, transcript)
    told = [(r.call_id, r.is_error, r.duration_us) for r in transcript.tool_results]
    assert told == [("a", False, 200_000), ("b", True, 53_100)]


@given(st.text() | st.text(alphabet='{}": metadatexitcodW0123\n', max_size=500))
def test_any_text_has_some_outcome(text):
    assert outcome_in(text).is_error in (None, True, False)
