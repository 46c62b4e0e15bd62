from lunaroute.config._kind import Count
from lunaroute.config._setting import About, Section, about, section, setting


class Inner(Section):
    depth: Count = setting(3, "How deep.", unit="metres", built=True)


class Outer(Section):
    name: str = setting("x", "The name.", env="NAME")
    inner: Inner = section(Inner, "What is inside.", feature="depths")


def test_facts_are_kept_where_the_setting_is_declared():
    assert about(Inner.model_fields["depth"]) == About(unit="metres", built=True)
    assert about(Outer.model_fields["inner"]).feature == "depths"
    assert Inner.model_fields["depth"].description == "How deep."


def test_an_empty_value_counts_as_not_given():
    outer = Outer.model_validate({"name": None, "inner": None})
    assert outer.name == "x"
    assert outer.inner.depth == 3
    assert outer.model_fields_set == set()


def test_what_is_not_a_map_is_left_to_validation():
    assert Outer.model_validate(Outer(name="y")).name == "y"
