from pathlib import Path

import yaml

from lunaroute.config import check_file, declarations, example, reference

ROOT = Path(__file__).parents[2]


def test_the_committed_page_is_the_generated_one():
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    assert page == reference(), "run `make docs`"


def test_the_committed_example_is_the_generated_one():
    file = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
    assert file == example(), "run `python -m lunaroute.config example`"


def test_every_setting_is_on_the_page():
    page = reference()
    for each in declarations().values():
        key = each.key.replace(".anthropic.", ".<name>.").replace(
            ".openai.", ".<name>."
        )
        assert f"| `{key}` |" in page


def test_the_example_passes_the_check(environ):
    assert check_file(ROOT / "config.example.yaml", environ) == ()


def test_the_example_of_the_page_passes_the_check(write, environ):
    block = reference().split("```yaml\n")[1].split("```")[0]
    assert check_file(write(block), environ | {"WORK_KEY": "sk-1"}) == ()


def test_the_example_holds_every_built_setting_with_its_default(write, environ):
    text = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    for each in declarations().values():
        if not each.about.built or each.about.same_as or "<name>" in each.path:
            continue
        if each.is_item:
            continue
        if each.about.path or each.about.secret:
            assert f"# {each.path[-1]}: " in text
            continue
        value = data
        for part in each.path:
            value = value[part]
        # Of `auto`, `true` and `false` YAML reads two as something else than texts.
        assert value == each.default or str(value).lower() == each.default, each.key
