"""A session as it was spoken."""

from lunaroute.insight import session_talk
from lunaroute.store import ToolCallRow, ToolResultRow, open_store
from tests.store.kit import database, prepared, text, text_hash, write


def test_texts_and_calls_by_exchange(tmp_path):
    result = text("tool_output", "user", "done")
    with open_store(database(tmp_path), writer=True) as store:
        write(
            store,
            prepared(1, "a", texts=(text("prompt", "user", "mend the roof"),),
                     calls=(ToolCallRow(0, "c1", "Edit", "{}"), ToolCallRow(1, "c2", "Read", "x"))),
            prepared(2, "a", texts=(result,),
                     results=(ToolResultRow("c1", text_hash("tool_output", "user", "done"), 4, True),)),
        )  # fmt: skip
        first, second = session_talk(store, "a")
        assert session_talk(store, "none") == ()
    assert first.texts == ({"kind": "prompt", "role": "user", "text": "mend the roof"},)
    edit, read = first.calls
    assert (edit["tool"], edit["is_error"], edit["result_ms"]) == ("Edit", True, 500.0)
    assert (read["arguments"], read["is_error"], read["result_ms"]) == ("x", None, None)
    assert [each["text"] for each in second.texts] == ["done"]
