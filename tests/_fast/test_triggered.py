"""The names that both builds of ``Triggers`` share."""

from lunaroute._fast import _triggered as t


def test_codes_and_flags_are_apart():
    shapes = range(t.AT, t.DISCORD + 1)
    assert len(set(shapes)) == 12
    assert max(shapes) < t.FIRST_LITERAL
    flags = [t.LEFT, t.EXACT, t.CONTEXT, t.ASSIGN, t.LEFT64, t.AUTHORITY, t.ARMOUR]
    assert sum(flags) == 127
