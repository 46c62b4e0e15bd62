"""The description, the routes and docs/api.md say the same."""

from pathlib import Path

from lunaroute.observer._api import Api
from lunaroute.observer._openapi import OPERATIONS, openapi

TEXT = (Path(__file__).parents[2] / "docs/api.md").read_text()


def test_every_route_is_described():
    routes = {route.path for route in Api(None).routes()}
    assert routes == set(openapi()["paths"]) == {each.path for each in OPERATIONS}


def test_the_document_names_every_path_and_parameter():
    for operation in OPERATIONS:
        assert f"| `{operation.path}` | {operation.summary} |" in TEXT
        for parameter in operation.parameters:
            assert f"| `{parameter.name}` | {parameter.help} |" in TEXT
        described = openapi()["paths"][operation.path]["get"]["parameters"]
        names = [each["name"] for each in described if each["in"] == "query"]
        assert names == [parameter.name for parameter in operation.parameters]
