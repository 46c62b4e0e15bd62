"""Tables of many at once."""

from benchmarks._tables import Figures, machine_line, table
from benchmarks._targets import capacity_verdicts, verdicts_table

# Below this the proxy was waiting for somebody.
FULL = 0.9


def capacity_tables(figures: Figures) -> dict[str, str]:
    """By the names of the README's markers."""
    return {
        "capacity-streams": _streams(figures["streams"]),
        "capacity-saturated": _saturated(figures["saturated"]["ways"]),
        "capacity-workers": _saturated(figures["workers"]["ways"]),
        "capacity-targets": verdicts_table(capacity_verdicts(figures)),
        "capacity-machine": machine_line(figures),
    }


def _streams(part: Figures) -> str:
    titles = [f"{part['streams']} streams, an event each {part['gap_ms']:.0f} ms"]
    titles += [
        "events",
        "lost / torn / out of order",
        "provider to client p50 / p99, ms",
    ]
    titles += ["gap p99, ms", "gap p99 added, ms", "provider late p99, ms"]
    titles += ["share of a core", "records shed / lost", "drained in, s"]
    rows = []
    for name, way in part["ways"].items():
        recorded = "shed" in way
        rows.append(
            [
                name,
                way["events"],
                f"{way['missing']} / {way['torn']} / {way['disordered']}",
                f"{way['delays_p50_ms']:.2f} / {way['delays_p99_ms']:.2f}",
                f"{way['gaps_p99_ms']:.2f}",
                f"{way['added_gaps_p99_ms']:.2f}",
                f"{way['late_p99_ms']:.2f}",
                f"{way['busy']:.0%}" if way["busy"] else "",
                f"{way['shed']} / {way['lost']}" if recorded else "",
                f"{way['drain_s']:.1f}" if recorded else "",
            ]
        )
    return table(titles, rows)


def _saturated(ways: Figures) -> str:
    titles = ["saturated", "requests a second", "processor time a request, µs"]
    titles += ["share of the core", "shed / lost, of", "drained in, s", ""]
    rows = []
    for name, way in ways.items():
        costs = [f"{worker} {cost:.0f}" for worker, cost in way["cpu_us"].items()]
        recorded = "shed" in way
        rows.append(
            [
                name,
                f"{way['per_s']:.0f}",
                ", ".join(costs),
                f"{way['busy']:.0%}" if costs else "",
                f"{way['shed']} / {way['lost']}, {way['answered']}" if recorded else "",
                f"{way['drain_s']:.1f}" if recorded else "",
                _note(way),
            ]
        )
    return table(titles, rows)


def _note(way: Figures) -> str:
    if not way["cpu_us"]:
        return "what client and provider can do"
    return (
        ""
        if way["busy"] >= FULL
        else "its core was not full: client, provider or another program"
    )
