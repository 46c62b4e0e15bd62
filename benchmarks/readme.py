"""Puts figures into the READMEs: ``python -m benchmarks.readme [FILE.json…]``.

The programs write the files with ``--json``. Files that are given replace those in
``benchmarks/results``; from all that lie there the tables of ``benchmarks/README.md``
and the section of the top README are made. What stands between ``<!-- name -->`` and
``<!-- /name -->`` is replaced, the rest is left alone.
"""

import argparse
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks._capacity_tables import capacity_tables
from benchmarks._footprint_tables import footprint_tables
from benchmarks._overhead_tables import overhead_tables
from benchmarks._tables import (
    Figures,
    link_tables,
    machine_line,
    priority_tables,
    table,
)
from benchmarks._targets import Verdict, capacity_verdicts, ratios

HERE = Path(__file__).parent
RESULTS = HERE / "results"
MAKERS: Mapping[str, Callable[[Figures], dict[str, str]]] = {
    "overhead": overhead_tables,
    "capacity": capacity_tables,
    "footprint": footprint_tables,
    "link": link_tables,
    "priority": priority_tables,
}
# A part of each program's figures that none further down has.
MARKS = {
    "frames": "link",
    "classes": "priority",
    "awake": "overhead",
    "saturated": "capacity",
    "memory": "footprint",
}


def fill(text: str, tables: Mapping[str, str]) -> str:
    """``text`` with every table between its markers. Raises ValueError for a table
    that has none.
    """
    for name, table_ in tables.items():
        between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        filled = between.sub(
            lambda found, new=table_: f"{found[1]}{new}\n{found[2]}", text
        )
        if not between.search(text):
            raise ValueError(f"no markers for {name} in the README")
        text = filled
    return text


def pages() -> dict[Path, str]:
    """Both READMEs as the results say that they should be."""
    figures = {
        path.stem: json.loads(path.read_text()) for path in RESULTS.glob("*.json")
    }
    tables = {}
    for name, one in figures.items():
        tables |= MAKERS[name](one)
    top = HERE.parent / "README.md"
    page = HERE / "README.md"
    return {
        page: fill(page.read_text(), tables),
        top: fill(top.read_text(), {"performance": performance(figures)}),
    }


def performance(figures: Mapping[str, Figures]) -> str:
    """The top README's section: what is added, beside nginx, in one table."""
    verdicts = [
        verdict
        for name in ("awake", "tls")
        for verdict in ratios(figures["overhead"], name)
    ]
    saturated = [
        verdict
        for verdict in capacity_verdicts(figures["capacity"])
        if verdict.work.startswith("saturated")
    ]
    titles = ["work", "nginx adds", "LunaRoute adds, recording on", "ratio"]
    capacity = ["", "nginx", "LunaRoute", "ratio"]
    return "\n\n".join(
        [
            table(titles, list(map(_line, verdicts))),
            table(capacity, list(map(_line, saturated))),
            machine_line(figures["overhead"]),
        ]
    )


def _line(verdict: Verdict) -> list[str]:
    work, *cells, _target, _reached = verdict
    work = work.replace(", p50 (cores awake)", "").replace(", p50 (TLS", " (TLS")
    work = work.replace(", cores awake)", ")")
    return [work, *cells]


def kind(figures: Figures) -> str:
    """Which program wrote these. Raises ValueError if none did."""
    for mark, name in MARKS.items():
        if mark in figures:
            return name
    raise ValueError("no figures of ours")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="of any of the programs")
    RESULTS.mkdir(exist_ok=True)
    for path in parser.parse_args().files:
        text = path.read_text()
        (RESULTS / f"{kind(json.loads(text))}.json").write_text(text)
    for path, text in pages().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
