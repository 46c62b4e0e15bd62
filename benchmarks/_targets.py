"""What the figures are to be, and whether they are."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks._tables import Figures, size_of, table

OFF, ON = "LunaRoute, recording off", "LunaRoute, recording"
NOTHING = "\u2013"
# Added p50 with recording on, in nginx's.
RATIOS = {
    "small JSON request": 1.25,
    "100 kB request": 1.5,
    "400 kB request": 1.25,
    "per streamed event, 1 stream": 1.4,
    "per streamed event, 64 streams": 1.75,
    "first byte of a stream": 1.4,
}
TLS_RATIO = 1.5
# Added p99 with recording on, µs.
TAILS = {"per streamed event, 1 stream": 500, "per streamed event, 64 streams": 2000}
UNPINNED = {"p50": 150, "p95": 500}  # added, µs
RECORDING = {"p50": 1.1, "p99": 1.5}  # on in off
SETS = {
    "awake": "cores awake",
    "asleep": "cores asleep",
    "tls": "TLS to the provider, cores awake",
}
GAP_MS = 20
SATURATED = 0.6
WORKER_COST = 1.1
WORKER_SHARE = (0.35, 0.65)
MIB = 1024 * 1024
IDLE_MEMORY = 45 * MIB
CONNECTION_MEMORY = 48 * 1024
STREAM_MEMORY = 64 * 1024
BODY_MEMORY = 20_000_000
IDLE_PERCENT = 1.0
PACED_PERCENT = {"gateway": 5.0, "observer": 20.0}


class Verdict(NamedTuple):
    """One figure beside its target."""

    work: str
    nginx: str
    ours: str
    figure: str
    target: str
    reached: bool


def verdicts_table(verdicts: Sequence[Verdict]) -> str:
    titles = ["what", "nginx", "LunaRoute", "figure", "target", "reached"]
    rows = [[*verdict[:-1], said(verdict.reached)] for verdict in verdicts]
    return table(titles, rows)


def said(reached: bool) -> str:
    return "reached" if reached else "**not reached**"


def overhead_verdicts(figures: Figures) -> list[Verdict]:
    return [
        *(verdict for name in SETS for verdict in ratios(figures, name)),
        *_tails(figures),
        *_unpinned(figures),
        *_recording(figures),
        *_kept(figures),
    ]


def ratios(figures: Figures, name: str) -> Iterator[Verdict]:
    """Added p50 against nginx's in one set of rows; nothing without nginx."""
    for row in figures[name]:
        ways = row["ways"]
        if "nginx" not in ways:
            continue
        base, ours = (ways[way]["added_p50_us"] for way in ("nginx", ON))
        limit = TLS_RATIO if name == "tls" else RATIOS[row["work"]]
        ratio = ours / base if base > 0 else float("inf")
        yield Verdict(
            f"{row['work']}, p50 ({SETS[name]})",
            f"{base:.0f} µs",
            f"{ours:.0f} µs",
            _times(ratio),
            _at_most(limit),
            ratio <= limit,
        )


def _tails(figures: Figures) -> Iterator[Verdict]:
    for name in ("awake", "asleep"):
        for row in figures[name]:
            limit = TAILS.get(row["work"])
            if limit is not None:
                work = f"{row['work']}, p99 ({SETS[name]})"
                yield _absolute(work, row["ways"], "added_p99_us", limit)


def _unpinned(figures: Figures) -> Iterator[Verdict]:
    for name in ("awake", "asleep"):
        (row,) = figures[f"unpinned-{name}"]
        for share, limit in UNPINNED.items():
            work = f"{row['work']}, {share} (nothing pinned, {SETS[name]})"
            yield _absolute(work, row["ways"], f"added_{share}_us", limit)


def _absolute(work: str, ways: Figures, key: str, limit: float) -> Verdict:
    ours = ways[ON][key]
    nginx = f"{ways['nginx'][key]:.0f} µs" if "nginx" in ways else NOTHING
    text = f"{ours:.0f} µs"
    return Verdict(work, nginx, text, text, f"≤ {limit} µs", ours <= limit)


def _recording(figures: Figures) -> Iterator[Verdict]:
    for name, where in SETS.items():
        for row in figures[name]:
            for share, limit in RECORDING.items():
                on, off = (row["ways"][way][f"{share}_us"] for way in (ON, OFF))
                yield Verdict(
                    f"{row['work']}, {share}: recording on to off ({where})",
                    NOTHING,
                    f"{on:.0f} / {off:.0f} µs",
                    _times(on / off),
                    _at_most(limit),
                    on <= limit * off,
                )


def _kept(figures: Figures) -> Iterator[Verdict]:
    rows = [
        row
        for name in (*SETS, "unpinned-awake", "unpinned-asleep")
        for row in figures[name]
    ]
    on = [row["ways"][ON] for row in rows]
    for what in ("shed", "lost"):
        count = sum(way[what] for way in on)
        work = f"records {what}, all rows of latency"
        yield Verdict(work, NOTHING, str(count), str(count), "0", count == 0)
    faults = sum(way["faults"] for row in rows for way in row["ways"].values())
    work = "events lost, torn or out of order, 64 streams"
    yield Verdict(work, NOTHING, str(faults), str(faults), "0", faults == 0)


def capacity_verdicts(figures: Figures) -> list[Verdict]:
    return [
        *_streams(figures["streams"]),
        *_saturated(figures["saturated"]["ways"]),
        *_workers(figures["workers"]),
    ]


def _streams(part: Figures) -> Iterator[Verdict]:
    ways = part["ways"]
    name = f"{part['streams']} streams"
    for way in (OFF, ON):
        faults = [ways[way][fault] for fault in ("missing", "torn", "disordered")]
        shown = " / ".join(map(str, faults))
        work = f"{name}: events lost / torn / out of order ({way})"
        yield Verdict(work, NOTHING, shown, shown, "0", not any(faults))
        added = ways[way]["added_gaps_p99_ms"]
        nginx = (
            f"{ways['nginx']['added_gaps_p99_ms']:.1f} ms" if "nginx" in ways else ""
        )
        text = f"{added:.1f} ms"
        work = f"{name}: p99 of the gap between events, added ({way})"
        yield Verdict(
            work, nginx or NOTHING, text, text, f"≤ {GAP_MS} ms", added <= GAP_MS
        )


def _saturated(ways: Figures) -> Iterator[Verdict]:
    if "nginx" not in ways:
        return
    base = ways["nginx"]["per_s"]
    ours = ways[OFF]["per_s"]
    yield Verdict(
        "saturated, requests a second, recording off",
        f"{base:.0f}",
        f"{ours:.0f}",
        f"{ours / base:.2f} \u00d7",
        f"≥ {SATURATED} \u00d7",
        ours >= SATURATED * base,
    )


def _workers(part: Figures) -> Iterator[Verdict]:
    one, two = (sum(way["cpu_us"].values()) for way in part["ways"].values())
    yield Verdict(
        "2 workers: processor time a request",
        NOTHING,
        f"{two:.0f} µs, one worker {one:.0f} µs",
        _times(two / one),
        _at_most(WORKER_COST),
        two <= WORKER_COST * one,
    )
    least, most = WORKER_SHARE
    smallest = min(part["shares"])
    yield Verdict(
        "2 workers: the smaller share of the connections, worst round",
        NOTHING,
        f"{smallest:.0%}",
        f"{smallest:.0%}",
        f"{least:.0%} to {most:.0%} each",
        smallest >= least,
    )


def footprint_verdicts(figures: Figures) -> list[Verdict]:
    return [*_memory(figures["memory"]), *_processor(figures["processor"])]


def _memory(part: Figures) -> Iterator[Verdict]:
    within = BODY_MEMORY + part["tap_bound"]
    down, up = (size_of(part[name]) for name in ("download", "upload"))
    for work, key, limit in (
        ("gateway idle, RSS", "idle_rss", IDLE_MEMORY),
        ("gateway, each idle connection", "per_connection", CONNECTION_MEMORY),
        ("gateway, each stream", "per_stream", STREAM_MEMORY),
        (f"gateway grows for an answer of {down}", "download_grew", within),
        (f"gateway grows for a request of {up}", "upload_grew", within),
    ):
        text = binary(part[key])
        yield Verdict(
            work, NOTHING, text, text, f"≤ {binary(limit)}", part[key] <= limit
        )


def _processor(part: Figures) -> Iterator[Verdict]:
    for way in (OFF, ON):
        share = part["idle"][way]
        text = f"{share:.2f} %"
        yield Verdict(
            f"all processes idle ({way})",
            _percent(part["idle"].get("nginx")),
            text,
            text,
            f"< {IDLE_PERCENT:g} %",
            share < IDLE_PERCENT,
        )
    for worker, limit in PACED_PERCENT.items():
        share = part["paced"][ON][worker]
        text = f"{share:.1f} %"
        yield Verdict(
            f"{worker} at {part['per_second']} requests a second",
            _percent(
                part["paced"].get("nginx", {}).get(worker.replace("gateway", "nginx"))
            ),
            text,
            text,
            f"≤ {limit:g} %",
            share <= limit,
        )


def binary(count: float) -> str:
    for unit, size in (("MiB", MIB), ("KiB", 1024)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} B"


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share:.1f} %"


def _times(ratio: float) -> str:
    return f"{ratio:.2f} \u00d7"


def _at_most(limit: float) -> str:
    return f"≤ {limit:g} \u00d7"
