"""What becomes of findings that overlap."""

from hypothesis import given
from hypothesis import strategies as st

from lunaroute.pii import Finding, resolve

FINDINGS = st.builds(
    lambda start, length, kind, sure: Finding(start, start + length, kind, sure),
    st.integers(0, 60),
    st.integers(1, 20),
    st.sampled_from(["a", "b"]),
    st.sampled_from([0.7, 0.9]),
)


def test_the_longest_gives_its_kind_and_the_union_is_covered():
    found = [Finding(5, 9, "b", 0.99), Finding(0, 6, "a", 0.7)]
    assert resolve(found) == [Finding(0, 9, "a", 0.7)]


def test_of_equally_long_ones_the_most_certain_wins():
    found = [Finding(0, 4, "a", 0.7), Finding(0, 4, "b", 0.9)]
    assert resolve(found) == [Finding(0, 4, "b", 0.9)]


def test_neighbours_stay_apart():
    found = [Finding(4, 8, "b", 0.9), Finding(0, 4, "a", 0.9)]
    assert resolve(found) == [Finding(0, 4, "a", 0.9), Finding(4, 8, "b", 0.9)]


@given(st.lists(FINDINGS))
def test_all_is_covered_once(findings):
    resolved = resolve(findings)
    covered = {at for f in findings for at in range(f.start, f.end)}
    places = [at for f in resolved for at in range(f.start, f.end)]
    assert sorted(covered) == places
    assert resolve(reversed(findings)) == [*resolved] or len(findings) > 1
