"""Tables of added latency."""

from collections.abc import Sequence

from benchmarks._tables import Figures, machine_line, micro, pair, table
from benchmarks._targets import overhead_verdicts, verdicts_table


def overhead_tables(figures: Figures) -> dict[str, str]:
    """By the names of the README's markers."""
    return {
        "overhead-awake": _added(figures["awake"]),
        "overhead-asleep": _added(figures["asleep"]),
        "overhead-tls": _added(figures["tls"]),
        "overhead-unpinned": _added(
            [
                {**row, "work": f"{row['work']} ({name})"}
                for name in ("awake", "asleep")
                for row in figures[f"unpinned-{name}"]
            ],
            second="p95",
        ),
        "overhead-targets": verdicts_table(overhead_verdicts(figures)),
        "overhead-cpu": _cpu(figures["awake"]),
        "overhead-parts": _parts(figures["parts"]),
        "overhead-unpaced": _unpaced(figures["unpaced"]),
        "overhead-syscalls": _syscalls(figures["syscalls"]),
        "overhead-record": _record(figures),
        "overhead-machine": machine_line(figures),
    }


def _added(rows: Sequence[Figures], second: str = "p99") -> str:
    names = list(rows[0]["ways"])
    titles = ["µs", f"straight p50 / {second}"]
    titles += [f"{name}: added p50 / {second}" for name in names[1:]]
    reference = "nginx" if "nginx" in names else ""
    if reference:
        titles += [f"{name.replace('LunaRoute', 'ours')} ÷ nginx" for name in names[2:]]
    lines = []
    for row in rows:
        ways = row["ways"]
        line = [row["work"], pair(ways["straight"], "p50_us", f"{second}_us")]
        line += [pair(ways[n], "added_p50_us", f"added_{second}_us") for n in names[1:]]
        if reference:
            base = ways[reference]["added_p50_us"]
            line += [_times(ways[n]["added_p50_us"], base) for n in names[2:]]
        lines.append(line)
    return table(titles, lines)


def _cpu(rows: Sequence[Figures]) -> str:
    names = list(rows[0]["ways"])[1:]
    costs = [
        (name, worker) for name in names for worker in rows[0]["ways"][name]["cpu_us"]
    ]
    titles = ["processor time, µs"]
    titles += [
        worker
        if name == worker
        else f"{worker} ({name.rpartition(', ')[2]})".replace("(LunaRoute)", "")
        for name, worker in costs
    ]
    return table(
        titles,
        [
            [row["work"], *(micro(row["ways"][n]["cpu_us"][w]) for n, w in costs)]
            for row in rows
        ],
    )


def _parts(parts: Figures) -> str:
    rows = [[f"`{n}`" if "_" in n else n, micro(cost)] for n, cost in parts.items()]
    return table(["of a small request, once each", "µs"], rows)


def _unpaced(ways: Figures) -> str:
    lines = []
    for name, way in ways.items():
        cost = micro(way["cpu_us"]) if "cpu_us" in way else ""
        lines.append([name, f"{way['p50_us']:.0f}", cost])
    titles = ["small requests without a pause", "p50, µs", "processor time, µs"]
    return table(titles, lines)


def _syscalls(rows: Sequence[Figures]) -> str:
    if not rows:
        return "strace was not there."
    lines = []
    for row in rows:
        calls = [f"{name} {count:.1f}" for name, count in row["calls"].items()]
        total = sum(row["calls"].values())
        lines.append([row["process"], row["way"], f"{total:.1f}", ", ".join(calls)])
    return table(["process", "way", "system calls", "which"], lines)


def _record(figures: Figures) -> str:
    titles = ["recording", "recorder's rate, 1/s", "paced at, 1/s", "shed", "lost"]
    titles += ["backlog at a slot's end", "drained in, s"]
    lines = [
        _recorded(name, row, way)
        for name in ("asleep", "awake", "tls")
        for row in figures[name]
        for way in row["ways"].values()
        if "shed" in way
    ]
    return table(titles, lines)


def _recorded(name: str, row: Figures, way: Figures) -> list[object]:
    return [
        f"{row['work']} ({'TLS' if name == 'tls' else name})",
        f"{row['ingest_rate']:.0f}",
        f"{1e3 / row['interval_ms']:.0f}",
        way["shed"],
        way["lost"],
        way["backlog_end"],
        f"{way['drain_s']:.2f}",
    ]


def _times(ours: float, base: float) -> str:
    return f"{ours / base:.1f} \u00d7" if base > 0 else "\u2013"
