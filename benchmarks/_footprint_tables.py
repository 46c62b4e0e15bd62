"""Tables of memory and processor time."""

from benchmarks._tables import Figures, machine_line, size_of, table
from benchmarks._targets import binary, footprint_verdicts, verdicts_table


def footprint_tables(figures: Figures) -> dict[str, str]:
    """By the names of the README's markers."""
    return {
        "footprint-memory": _memory(figures["memory"]),
        "footprint-processor": _processor(figures["processor"]),
        "footprint-targets": verdicts_table(footprint_verdicts(figures)),
        "footprint-machine": machine_line(figures),
    }


def _memory(part: Figures) -> str:
    rows = {
        "gateway idle, RSS": "idle_rss",
        "gateway idle, Pss": "idle_pss",
        "all processes idle, Pss": "all_pss",
        f"each of {part['connections']} idle connections, Pss": "per_connection",
        f"each of {part['streams']} streams, Pss": "per_stream",
        f"an answer of {size_of(part['download'])}: peak RSS above before": "download_grew",
        f"a request of {size_of(part['upload'])}: peak RSS above before": "upload_grew",
    }
    return table(
        ["recording on", "the gateway"],
        [[title, binary(part[key])] for title, key in rows.items()],
    )


def _processor(part: Figures) -> str:
    """One column a way; its processes are named in the cell."""
    ways = part["idle"]
    busy = [
        ", ".join(
            f"{worker} {share:.1f}" for worker, share in part["paced"][way].items()
        )
        for way in ways
    ]
    paced = f"{part['per_second']} requests a second of {size_of(part['bytes'])}"
    return table(
        ["percent of a core", *ways],
        [
            [
                f"idle, all processes, {part['idle_seconds']:g} s",
                *(f"{share:.2f}" for share in ways.values()),
            ],
            [paced, *busy],
        ],
    )
