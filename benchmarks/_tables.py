"""The figures as Markdown: what the programs print and the README holds."""

from collections.abc import Mapping, Sequence
from typing import Any

Figures = Mapping[str, Any]


def table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def link_tables(figures: Figures) -> dict[str, str]:
    return {
        "link-frames": _frames(figures["frames"]),
        "link-reader": _reader(figures["frames"]),
        "link-flight": _flight(figures["flight"]),
        "link-memory": _memory(figures["memory"]),
        "link-dead": _dead(figures["dead"]),
        "link-flood": _flood(figures["flood"]),
        "link-machine": machine_line(figures),
    }


def priority_tables(figures: Figures) -> dict[str, str]:
    titles = ["recorder's class", "p50 / p99, µs", "drained in, s"]
    return {
        "priority-machine": machine_line(figures),
        "priority": table(
            titles,
            [
                [name, pair(row, "p50_us", "p99_us"), f"{row['drain_s']:.2f}"]
                for name, row in figures["classes"].items()
            ],
        ),
    }


def machine_line(figures: Figures) -> str:
    there = figures["machine"]
    pinned = "pinned" if figures["pinned"] else "not pinned: one core"
    short = "**A short run to see that it works: its figures mean nothing.** "
    return (short if "--quick" in figures["command"] else "") + (
        f"`{figures['command'].strip()}`; {figures['rounds']} rounds, {pinned}; "
        f"{there['date']}, {there['processor']}, {there['cores']} cores, "
        f"{there['system']}, Python {there['python']}, compiled modules "
        f"{'in use' if there['compiled'] else 'not in use'}, load before the run "
        f"{there['load_before']}."
    )


def _frames(rows: Sequence[Figures]) -> str:
    titles = ["µs per frame", "frames a flush", "`Tape.answer`", "+ `gather`, `sent`"]
    titles += ["+ `sendmsg` to a reader", "p99 of that"]
    return table(
        titles,
        [
            [
                size_of(row["bytes"]),
                row["batch"],
                micro(row["tape_us"]),
                micro(row["books_us"]),
                micro(row["socket_us"]),
                micro(row["socket_p99_us"]),
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
        [[size_of(size), *(micro(cost[size, b]) for b in batches)] for size in sizes],
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
                f"{size_of(row['held_p50'])} / {size_of(row['held_max'])}",
                f"{size_of(row['pending_p50'])} / {size_of(row['pending_max'])}",
                f"{size_of(row['after_p50'])} / {size_of(row['after_max'])}",
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
                size_of(row["held"]),
                size_of(row["allocated"]),
                size_of(row["uncounted_each"]),
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


def pair(way: Figures, first: str, second: str) -> str:
    return f"{way[first]:.0f} / {way[second]:.0f}"


def micro(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def size_of(count: float) -> str:
    for unit, size in (("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} B"
