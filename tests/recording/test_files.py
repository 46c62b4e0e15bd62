"""The paths in tool arguments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.recording._files import named_files


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        ('{"file_path": "/src/auth.py", "old_string": "a"}', ("/src/auth.py",)),
        ('{"path": "a", "notebook_path": "b", "other": "c"}', ("a", "b")),
        ('{"edits": [{"file": "x"}, {"filename": "y"}, {"file": "x"}]}', ("x", "y")),
        ("*** Begin Patch\n*** Update File: a/b.py\n+x\n*** Add File: c\n", ("a/b.py", "c")),
        ('{"input": "*** Delete File: a\\n"}', ("a",)),
        ('{"path": 3, "file": null, "file_path": ""}', ()),
        ("no arguments", ()),
        ("", ()),
    ],
)  # fmt: skip
def test_files(arguments, files):
    assert named_files(arguments) == files


@given(st.text())
def test_no_arguments_raise(arguments):
    assert isinstance(named_files(arguments), tuple)
