"""The figures as Markdown: what the programs print and the README holds."""

from collections.abc import Mapping, Sequence
from typing import Any

Figures = Mapping[str, Any]


def table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def overhead_tables(figures: Figures) -> dict[str, str]:
    """By the names of the README's markers."""
    return {
        "overhead-awake": _added(figures["awake"]),
        "overhead-asleep": _added(figures["asleep"]),
        "overhead-cpu": _cpu(figures["awake"]),
        "overhead-parts": _parts(figures["parts"]),
        "overhead-unpaced": _unpaced(figures["unpaced"]),
        "overhead-syscalls": _syscalls(figures["syscalls"]),
        "overhead-record": _record(figures),
        "overhead-machine": _machine(figures),
    }


def link_tables(figures: Figures) -> dict[str, str]:
    return {
        "link-frames": _frames(figures["frames"]),
        "link-reader": _reader(figures["frames"]),
        "link-flight": _flight(figures["flight"]),
        "link-memory": _memory(figures["memory"]),
        "link-dead": _dead(figures["dead"]),
        "link-flood": _flood(figures["flood"]),
        "link-machine": _machine(figures),
    }


def priority_tables(figures: Figures) -> dict[str, str]:
    titles = ["recorder's class", "p50 / p99, µs", "drained in, s"]
    return {
        "priority-machine": _machine(figures),
        "priority": table(
            titles,
            [
                [name, _pair(row, "p50_us", "p99_us"), f"{row['drain_s']:.2f}"]
                for name, row in figures["classes"].items()
            ],
        ),
    }


def _machine(figures: Figures) -> str:
    there = figures["machine"]
    pinned = "pinned" if figures["pinned"] else "not pinned: one core"
    return (
        f"`{figures['command'].strip()}`; {figures['rounds']} rounds, {pinned}; "
        f"{there['date']}, {there['processor']}, {there['cores']} cores, "
        f"{there['system']}, Python {there['python']}, compiled modules "
        f"{'in use' if there['compiled'] else 'not in use'}, load before the run "
        f"{there['load_before']}."
    )


def _added(rows: Sequence[Figures]) -> str:
    names = list(rows[0]["ways"])
    titles = ["µs", "straight p50 / p99"]
    titles += [f"{name}: added p50 / p99" for name in names[1:]]
    reference = "nginx" if "nginx" in names else ""
    if reference:
        titles += [f"{name.replace('LunaRoute', 'ours')} ÷ nginx" for name in names[2:]]
    lines = []
    for row in rows:
        ways = row["ways"]
        line = [row["work"], _pair(ways["straight"], "p50_us", "p99_us")]
        line += [_pair(ways[n], "added_p50_us", "added_p99_us") for n in names[1:]]
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
            [row["work"], *(_us(row["ways"][n]["cpu_us"][w]) for n, w in costs)]
            for row in rows
        ],
    )


def _parts(parts: Figures) -> str:
    rows = [[f"`{n}`" if "_" in n else n, _us(cost)] for n, cost in parts.items()]
    return table(["of a small request, once each", "µs"], rows)


def _unpaced(ways: Figures) -> str:
    lines = []
    for name, way in ways.items():
        cost = _us(way["cpu_us"]) if "cpu_us" in way else ""
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
    titles = [
        "recording",
        "recorder's rate, 1/s",
        "paced at, 1/s",
        "shed",
        "lost",
        "backlog at a slot's end",
        "drained in, s",
    ]
    lines = []
    for row in figures["asleep"] + figures["awake"]:
        for way in row["ways"].values():
            if "shed" in way:
                cores = "asleep" if row in figures["asleep"] else "awake"
                lines.append(
                    [
                        f"{row['work']} ({cores})",
                        f"{row['ingest_rate']:.0f}",
                        f"{1e3 / row['interval_ms']:.0f}",
                        way["shed"],
                        way["lost"],
                        way["backlog_end"],
                        f"{way['drain_s']:.2f}",
                    ]
                )
    return table(titles, lines)


def _frames(rows: Sequence[Figures]) -> str:
    titles = ["µs per frame", "frames a flush", "`Tape.answer`", "+ `gather`, `sent`"]
    titles += ["+ `sendmsg` to a reader", "p99 of that"]
    return table(
        titles,
        [
            [
                _size(row["bytes"]),
                row["batch"],
                _us(row["tape_us"]),
                _us(row["books_us"]),
                _us(row["socket_us"]),
                _us(row["socket_p99_us"]),
            ]
            for row in rows
        ],
    )


def _reader(rows: Sequence[Figures]) -> str:
    batches = sorted({row["batch"] for row in rows})
    titles = ["reader's processor time, µs per frame"]
    titles += [f"{batch} a flush" for batch in batches]
    sizes = list(dict.fromkeys(row["bytes"] for row in rows))
    cost = {(row["bytes"], row["batch"]): row["reader_us"] for row in rows}
    return table(
        titles,
        [[_size(size), *(_us(cost[size, b]) for b in batches)] for size in sizes],
    )


def _flight(rows: Sequence[Figures]) -> str:
    titles = [
        "traffic",
        "frames a second",
        "held unacknowledged: median / max",
        "not yet taken by the kernel, before a flush: median / max",
        "after a flush: median / max",
        "frames a flush",
        "end of exchange to acknowledgement: p50 / p99",
    ]
    return table(
        titles,
        [
            [
                row["traffic"],
                f"{row['frames_per_s']:.0f}",
                f"{_size(row['held_p50'])} / {_size(row['held_max'])}",
                f"{_size(row['pending_p50'])} / {_size(row['pending_max'])}",
                f"{_size(row['after_p50'])} / {_size(row['after_max'])}",
                f"{row['frames_per_flush']:.1f}",
                f"{row['ack_p50_ms']:.0f} / {row['ack_p99_ms']:.0f} ms",
            ]
            for row in rows
        ],
    )


def _memory(rows: Sequence[Figures]) -> str:
    titles = ["exchanges of 100 kB", "shed", "the buffer says", "allocated"]
    titles += ["not counted, per exchange"]
    return table(
        titles,
        [
            [
                row["exchanges"],
                row["shed"],
                _size(row["held"]),
                _size(row["allocated"]),
                _size(row["uncounted_each"]),
            ]
            for row in rows
        ],
    )


def _dead(part: Figures) -> str:
    titles = [
        "observer",
        "small request p50 / p99, µs",
        "against running",
        "gateway's memory grew, MB",
        "exchanges",
        "shed",
        "lost",
    ]
    base = part["states"]["running"]
    return table(
        titles,
        [
            [
                name,
                f"{state['p50_us']:.0f} / {state['p99_us']:.0f}",
                _against(state, base),
                f"{state['grown_mb']:.1f}",
                state["exchanges"],
                state["shed"],
                state["lost"],
            ]
            for name, state in part["states"].items()
        ],
    )


def _flood(part: Figures) -> str:
    titles = [
        "under the flood",
        "requests a second",
        "\u00d7 the recorder's rate",
        "small request p50 / p99, µs",
        "against recording off",
        "gateway's memory grew, MB",
        "shed",
        "lost",
        "drained in, s",
    ]
    base = part["states"]["recording off"]
    return table(
        titles,
        [
            [
                name,
                f"{state['rate']:.0f}",
                f"{state['times']:.1f}",
                f"{state['p50_us']:.0f} / {state['p99_us']:.0f}",
                _against(state, base),
                f"{state['grown_mb']:.1f}",
                state.get("shed", "\u2013"),
                state.get("lost", "\u2013"),
                f"{state['drain_s']:.1f}" if "drain_s" in state else "\u2013",
            ]
            for name, state in part["states"].items()
        ],
    )


def _against(state: Figures, base: Figures) -> str:
    if state is base:
        return "\u2013"
    p50, p99 = (100 * (state[k] / base[k] - 1) for k in ("p50_us", "p99_us"))
    return f"{p50:+.0f} % / {p99:+.0f} %"


def _pair(way: Figures, first: str, second: str) -> str:
    return f"{way[first]:.0f} / {way[second]:.0f}"


def _times(ours: float, base: float) -> str:
    return f"{ours / base:.1f} \u00d7" if base > 0 else "\u2013"


def _us(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _size(count: float) -> str:
    for unit, size in (("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} B"
