"""One JSON object with everything."""

import json

from tests.exporting.kit import EVIL, bodies, text_of
from tests.recording.build import SESSION


def test_everything_is_there(store):
    text = text_of(store, "json")
    found = json.loads(text)
    assert found["session"]["session_id"] == SESSION
    one, two, three, four = found["exchanges"]
    assert one["request"] == json.loads(bodies()[0])
    assert '"n": 1.50' in text  # to the byte: the number is not rewritten
    assert two["answer"]["content"][0]["text"] == "because of scattering"
    assert three["request"] == bodies()[2].decode()
    assert (three["status"], three["error_text"]) == (529, EVIL)
    assert four["outcome"] == "upstream_cut"
    assert one["request_headers"]["anthropic-version"] == "2023-06-01"
    assert [call["name"] for call in one["tool_calls"]] == ["Read"]
    assert {"kind": "prompt", "role": "user", "text": EVIL} in one["texts"]
    assert one["vendor_usage"]["output_tokens"] == 42
    assert "sk-ant-secret" not in text
