"""Markdown: recorded text stays text."""

import re

from tests.exporting.kit import EVIL, text_of
from tests.recording.build import SESSION


def test_texts_stand_in_fences_that_they_cannot_close(store):
    text = text_of(store, "markdown")
    assert text.startswith(f"# Session {SESSION}\n\n- Began: 2025-10-09")
    assert f"\n`````\n{EVIL}`````\n" in text
    outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1\n", "", text)
    assert "script" not in outside
    assert "### Tool Read" in outside
    assert "529 · refused\\_by\\_provider" in outside
    assert '```json\n{"path": "sky.txt"}\n```' in text
    assert outside.count("\n## ") == 4
