import pytest

from lunaroute.config._recording import SessionRecording


@pytest.mark.parametrize("writer", ["jsonl", "sqlite"])
def test_a_writer_is_switched_off_without_naming_its_place(writer):
    recording = SessionRecording.model_validate({writer: {"enabled": False}})
    assert not getattr(recording, writer).enabled
    assert recording.enabled


def test_defaults():
    recording = SessionRecording()
    assert (recording.max_body_mb, recording.buffer_mb) == (8, 256)
    assert recording.overflow == "shed"
    assert recording.jsonl.retention.max_age_days == 30
    assert not recording.pii.enabled
