"""docs/routing.md and the code say the same: every row is asked."""

import re
from pathlib import Path

import pytest

from lunaroute.errors import ClientFault
from lunaroute.model import Dialect
from lunaroute.routing import (
    Bypass,
    HeaderChange,
    Key,
    credentials,
    dialect_of,
    parse_base,
    refuse_strays,
)
from lunaroute.routing._paths import PATHS
from tests.routing.build import BOTH, A, O, facts

TEXT = (Path(__file__).parents[2] / "docs/routing.md").read_text()
NAMES = {"Anthropic": A, "OpenAI": O, "-": None, "as the headers say": None}


def rows(title: str) -> list[list[str]]:
    """The cells of the table below a heading, code marks taken off."""
    part = TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    assert lines
    return [[c.strip().strip("`") for c in line.split("|")[1:-1]] for line in lines]


def goes(*lines: str, to: Dialect, replaced: bool = False) -> bool:
    try:
        refuse_strays(facts("/", *lines), to, replaced=replaced)
    except ClientFault as fault:
        return fault.status != 403
    return True


def test_the_paths_are_the_codes_own():
    documented = [(pattern, NAMES[whose]) for pattern, whose in rows("Paths")]
    assert documented == list(PATHS)


@pytest.mark.parametrize(("pattern", "whose"), rows("Paths"))
def test_a_path(pattern, whose):
    stem, off = pattern.rstrip("*"), Bypass(enabled=False)
    examples = [stem, stem + "?q"] + [stem + "/b", stem + "/b/c"] * ("*" in pattern)
    for example in examples:
        owner = NAMES[whose] or O
        assert dialect_of(facts(example), BOTH, off) is owner
        version = facts(example, "anthropic-version: x")
        assert dialect_of(version, BOTH, off) is (NAMES[whose] or A)


@pytest.mark.parametrize(("line", "names", "never", "with_key"), rows("Headers"))
def test_a_header(line, names, never, with_key):
    line = line.replace("…", "x")
    assert facts("/v1/models", line).vendor is NAMES[names]
    assert dialect_of(facts("/v1/models", line), BOTH) is (NAMES[names] or O)
    for dialect in BOTH:
        assert goes(line, to=dialect) is (dialect is not NAMES[never])
    other = NAMES[never] or O
    assert goes(line, to=other, replaced=True) is (with_key == "goes")


SIGNS = {"-": (), "Anthropic": ("anthropic-version: x",)}
SIGNS["OpenAI"] = ("chatgpt-account-id: x",)


@pytest.mark.parametrize("row", rows("Paths that are not in the table"))
def test_bypass(row):
    enabled, provider, named, served, expected = row
    bypass = Bypass(enabled == "true", NAMES[provider])
    on = BOTH if served == "both" else {NAMES[served]}
    told = facts("/elsewhere", *SIGNS[named])
    if expected == "404":
        with pytest.raises(ClientFault) as caught:
            dialect_of(told, on, bypass)
        assert caught.value.status == 404
    else:
        assert dialect_of(told, on, bypass) is NAMES[expected]


@pytest.mark.parametrize(("base", "path", "target"), rows("The address"))
def test_an_address(base, path, target):
    vendor, url = re.fullmatch(r"(\w+) `(\S+)", base).groups()
    dialect = NAMES[vendor]
    made = parse_base(url, dialect).target(dialect, path.encode())
    assert made == target.encode()


def test_whose_credentials():
    login = HeaderChange(add=(b"login",))
    conditions = [condition for condition, _ in rows("Whose credentials")]
    assert conditions == [
        "a key in the configuration file",
        "the client sent a credential",
        "Codex' login may be used",
        "a key in the environment",
        "none of these",
    ]

    def asked(policy, sent, with_login):
        key = Key("k", policy) if policy else None
        change = credentials(
            O, key, client_sent=sent, login=login if with_login else None
        )
        return change.add

    bearer = (b"Authorization: Bearer k",)
    assert asked("replace", True, True) == bearer
    assert asked("fill", True, True) == ()
    assert asked("fill", False, True) == (b"login",)
    assert asked("fill", False, False) == bearer
    assert asked(None, False, False) == ()


def test_every_section_with_a_table_is_asked():
    with_tables = {
        part.splitlines()[0] for part in TEXT.split("\n## ")[1:] if "\n|" in part
    }
    source = Path(__file__).read_text()
    assert all(f'rows("{title}")' in source for title in with_tables)
