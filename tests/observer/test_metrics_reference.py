"""docs/metrics.md is what the catalogue says."""

from pathlib import Path

from lunaroute.observer._catalogue import CATALOGUE
from lunaroute.observer._metrics_reference import reference

ROOT = Path(__file__).parent.parent.parent


def test_the_page_is_current():
    page = (ROOT / "docs" / "metrics.md").read_text()
    assert page == reference(), "run `make docs`"


def test_the_page_names_every_metric():
    page = reference()
    for metric in CATALOGUE:
        assert f"| `{metric.name}` | {metric.kind} |" in page
    assert "Buckets: 1e-05 5e-05 0.0001" in page
