"""The examples for Prometheus and Grafana load, and ask for metrics that there are.

Grafana reads a dashboard of an older or newer schema than its own; what it needs of one,
by its kinds for dashboards (kinds/dashboard/dashboard_kind.cue), is modelled here.
"""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

from lunaroute.observer._catalogue import CATALOGUE

EXAMPLES = Path(__file__).parent.parent / "examples"
METRIC = re.compile(r"\b(?:lunaroute|http_pool)_[a-z0-9_]+\b")
MATCHED = re.compile(r"\b((?:lunaroute|http_pool)_[a-z0-9_]+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
METRICS = {metric.name: metric for metric in CATALOGUE}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class DataSource(Strict):
    type: Literal["prometheus"]
    uid: Literal["${datasource}"]


class Grid(Strict):
    h: Annotated[int, Field(gt=0)]
    w: Annotated[int, Field(gt=0, le=24)]
    x: Annotated[int, Field(ge=0, lt=24)]
    y: Annotated[int, Field(ge=0)]


class Target(Strict):
    refId: Annotated[str, Field(pattern="^[A-Z]$")]
    datasource: DataSource
    expr: str
    legendFormat: str
    instant: bool
    range: bool


class Panel(Strict):
    id: Annotated[int, Field(gt=0)]
    type: Literal["timeseries", "stat", "bargauge"]
    title: str
    description: str
    datasource: DataSource
    gridPos: Grid
    fieldConfig: dict[str, Any]
    options: dict[str, Any]
    targets: Annotated[list[Target], Field(min_length=1)]


class Row(Strict):
    id: Annotated[int, Field(gt=0)]
    type: Literal["row"]
    title: str
    collapsed: Literal[False]
    gridPos: Grid
    panels: Annotated[list[Any], Field(max_length=0)]  # of a collapsed one only


class Variable(BaseModel):
    name: str
    type: Literal["datasource", "query"]
    query: str | dict[str, Any]
    hide: Literal[0, 1, 2]
    refresh: Literal[0, 1, 2]
    multi: bool
    includeAll: bool


class Variables(Strict):
    list: list[Variable]


class Span(Strict):
    from_: Annotated[str, Field(alias="from")]
    to: str


class Dashboard(BaseModel):
    uid: Annotated[str, Field(pattern="^[a-zA-Z0-9_-]{1,40}$")]
    title: Annotated[str, Field(min_length=1)]
    schemaVersion: Annotated[int, Field(ge=36)]
    version: int
    editable: bool
    graphTooltip: Literal[0, 1, 2]
    time: Span
    tags: list[str]
    templating: Variables
    annotations: dict[Literal["list"], list[Any]]
    panels: list[Annotated[Panel | Row, Field(discriminator="type")]]


@pytest.fixture(scope="module")
def dashboard() -> Dashboard:
    text = (EXAMPLES / "grafana" / "lunaroute.json").read_text()
    return Dashboard.model_validate(json.loads(text))


def queries(dashboard) -> list[str]:
    panels = [panel for panel in dashboard.panels if isinstance(panel, Panel)]
    return [target.expr for panel in panels for target in panel.targets]


def of_catalogue(name: str):
    """The metric of a series, and the labels that the series has."""
    for suffix in ("_bucket", "_sum", "_count"):
        metric = METRICS.get(name.removesuffix(suffix))
        if name.endswith(suffix) and metric is not None and metric.buckets:
            return {*metric.labels, "le"} if suffix == "_bucket" else {*metric.labels}
    metric = METRICS.get(name)
    assert metric is not None, f"{name} is no metric"
    assert not metric.buckets, f"{name} is a histogram"
    return {*metric.labels}


def check(expression: str) -> None:
    """Metrics and labels exist, brackets match."""
    for left, right in ("()", "[]", "{}"):
        assert expression.count(left) == expression.count(right), expression
    labels = set()
    for name, matchers in MATCHED.findall(expression):
        known = of_catalogue(name)
        labels |= known
        for label in re.findall(r"([a-z_]+)\s*[=!]", matchers):
            assert label in known, f"{name} has no label {label}"
    for group in GROUPED.findall(expression):
        for label in re.split(r",\s*", group):
            assert label in labels, f"nothing has {label}: {expression}"


def test_every_query_asks_for_what_there_is(dashboard):
    asked = queries(dashboard)
    assert len(asked) >= 20
    for expression in asked:
        assert METRIC.search(expression)
        check(expression)


def test_panels_have_their_own_ids_and_places(dashboard):
    ids = [panel.id for panel in dashboard.panels]
    assert len(set(ids)) == len(ids)
    for one, two in combinations([panel.gridPos for panel in dashboard.panels], 2):
        beside = one.x + one.w <= two.x or two.x + two.w <= one.x
        below = one.y + one.h <= two.y or two.y + two.h <= one.y
        assert beside or below
    assert all(panel.gridPos.x + panel.gridPos.w <= 24 for panel in dashboard.panels)


def test_every_variable_that_is_used_is_there(dashboard):
    made = {variable.name for variable in dashboard.templating.list}
    used = set(
        re.findall(r"\$\{?([a-z_]+)", " ".join(queries(dashboard)) + "${datasource}")
    )
    assert {name for name in used if not name.startswith("__")} == made
    for variable in dashboard.templating.list:
        if variable.type == "query":
            name, label = re.match(
                r"label_values\((\w+), (\w+)\)", variable.query["query"]
            ).groups()
            assert label in METRICS[name].labels


def test_a_query_for_what_there_is_not_would_be_seen():
    for wrong in (
        "lunaroute_nothing_total",
        "lunaroute_request_duration_seconds",
        'lunaroute_tokens_total{kind="input"}',
        "sum by (tool) (lunaroute_tokens_total)",
        "sum(lunaroute_tokens_total",
    ):
        with pytest.raises(AssertionError):
            check(wrong)


def test_prometheus_scrapes_our_port_and_loads_the_alerts():
    config = yaml.safe_load((EXAMPLES / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    assert job["metrics_path"] == "/metrics"
    assert job["static_configs"] == [{"targets": ["127.0.0.1:8081"]}]
    (file,) = config["rule_files"]
    (group,) = yaml.safe_load((EXAMPLES / file).read_text())["groups"]
    for rule in group["rules"]:
        assert rule["annotations"]["summary"].endswith(".")
        if not rule["expr"].startswith("up{"):
            assert METRIC.search(rule["expr"])
            check(rule["expr"])
