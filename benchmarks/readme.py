"""Puts figures into the README: ``python -m benchmarks.readme FILE.json…``.

The programs write the files with ``--json``. What stands between ``<!-- name -->``
and ``<!-- /name -->`` is replaced, the rest is left alone.
"""

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path

from benchmarks._tables import Figures, link_tables, overhead_tables, priority_tables

README = Path(__file__).with_name("README.md")


def fill(text: str, tables: dict[str, str]) -> str:
    """``text`` with every table between its markers. Raises ValueError for a table
    that has none.
    """
    for name, table in tables.items():
        between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        filled = between.sub(
            lambda found, new=table: f"{found[1]}{new}\n{found[2]}", text
        )
        if not between.search(text):
            raise ValueError(f"no markers for {name} in the README")
        text = filled
    return text


def _maker(figures: dict[str, object]) -> Callable[[Figures], dict[str, str]]:
    """Each program's figures have a part that no other's have."""
    if "frames" in figures:
        return link_tables
    return priority_tables if "classes" in figures else overhead_tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="of either program")
    text = README.read_text()
    for path in parser.parse_args().files:
        figures = json.loads(path.read_text())
        text = fill(text, _maker(figures)(figures))
    README.write_text(text)


if __name__ == "__main__":
    main()
