"""News: what was not on disk before, with all that figures are made of."""

from datetime import date

from lunaroute.recording import Recorder
from tests.recording.build import MS, anthropic_message, anthropic_stream


def test_news_of_a_stream_and_of_a_whole_answer(tmp_path):
    recorder = Recorder(tmp_path, None, today=lambda: date(2026, 1, 2))
    raws = [anthropic_stream(1), anthropic_message(2)]
    stream, whole = recorder.record(raws).news
    assert stream.id == raws[0].id
    assert stream.row.answer_chunks == len(stream.moments)
    assert stream.moments[:2] == (1_100 * MS, 1_101 * MS)
    assert stream.ended == raws[0].ending.times.ended
    assert [call.name for call in stream.calls] == ["Read"]
    assert (whole.moments, whole.calls, whole.results) == ((), (), ())
    again = anthropic_stream(1, resent=True)
    assert recorder.record([again]).news == ()
