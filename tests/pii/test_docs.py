"""What docs/privacy.md shows is what happens."""

import re
from pathlib import Path

from lunaroute.config import check_file
from lunaroute.pii import MemoryBook, Mode, Rule, Tokens
from lunaroute.store import open_store

TEXT = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text()


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_python_runs() -> None:
    names: dict[str, object] = {"text": "write to ada@example.org"}
    for program in _blocks("python"):
        exec(program, names)
    redactor = names["redactor"]
    redacted = redactor.text(names["text"])  # type: ignore[attr-defined]
    assert redacted.startswith("write to [EMAIL:")


def test_the_settings_are_good(tmp_path: Path) -> None:
    for number, block in enumerate(_blocks("yaml")):
        path = tmp_path / f"{number}.yaml"
        path.write_text(block)
        assert check_file(path, {"HOME": str(tmp_path)}) == ()


def test_the_sql_runs(tmp_path: Path) -> None:
    open_store(tmp_path / "s.db", writer=True).close()
    with open_store(tmp_path / "s.db", writer=False) as store:
        for statement in _blocks("sql"):
            list(store._connection.execute(statement))


def test_the_modes_are_as_the_table_says() -> None:
    tokens = Tokens(lambda: b"secret", MemoryBook())
    for mode, shown in (("mask", "[EMAIL]"), ("partial", "***********.org")):
        assert f"| `{mode}` | `{shown}` |" in TEXT
        rule = Rule("EMAIL", Mode(mode), is_secret=False)
        assert rule.replaced("ada@example.org", tokens) == shown
