"""A scrape as values: prometheus-client's own parser reads it."""

import re

from prometheus_client.parser import text_string_to_metric_families


def samples(text: str) -> dict[str, float]:
    """By name and labels in their own order, as ``name{a=1,b=2}``, without quotes."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(
                f"{name}={value}" for name, value in sample.labels.items()
            )
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = (
                sample.value
            )
    return found


def moved(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """What is new or other than before, by how much; buckets are left out."""
    return {
        name: value - before.get(name, 0)
        for name, value in after.items()
        if value != before.get(name) and not re.search("_bucket{", name)
    }
