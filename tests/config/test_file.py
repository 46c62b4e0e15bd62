import pytest

from lunaroute.config._file import read_file
from lunaroute.errors import ConfigError


@pytest.mark.parametrize("name", ["c.yaml", "c.yml", "c", "C.YAML"])
def test_yaml(write, name):
    assert read_file(write("a: {b: [1, x]}\n", name)) == {"a": {"b": [1, "x"]}}


def test_toml(write):
    assert read_file(write("[a]\nb = [1, 'x']\n", "c.toml")) == {"a": {"b": [1, "x"]}}


def test_an_empty_file_holds_nothing(write):
    assert read_file(write("# nothing\n")) == {}
    assert read_file(write("", "c.toml")) == {}


def test_a_byte_order_mark_is_skipped(write):
    assert read_file(write("\ufeffport: 1\n")) == {"port": 1}


def test_only_true_and_false_are_booleans_in_yaml(write):
    text = "a: off\nb: yes\nc: true\nd: False\ne: 2024-01-02\n"
    assert read_file(write(text)) == {
        "a": "off",
        "b": "yes",
        "c": True,
        "d": False,
        "e": "2024-01-02",
    }


def test_anchors_and_merge_keys_work_in_yaml(write):
    text = "base: &b {x: 1}\nother:\n  <<: *b\n  y: 2\n"
    assert read_file(write(text))["other"] == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("c.yaml", "port: 1\nport: 2\n", "the key port is given twice .line 2"),
        ("c.yaml", "a:\n  b: 1\n  b: 2\n", "the key b is given twice .line 3"),
        ("c.toml", "port = 1\nport = 2\n", "is not valid TOML"),
        ("c.yaml", "a: [1\n", "is not valid YAML: .*line 2"),
        ("c.yaml", "a: 1\n---\nb: 2\n", "is not valid YAML"),
        ("c.yaml", "a: \x07\n", "is not valid YAML"),
        ("c.yaml", "a: !!python/object:os.system x\n", "is not valid YAML"),
        ("c.yaml", "a: 0o9\nb: 1_:3_\n? [1]\n: x\n", "is not valid YAML"),
        ("c.toml", "a = \n", "is not valid TOML: .*line 1"),
        ("c.yaml", "- 1\n", "expected a map of settings at the top"),
        ("c.yaml", "text\n", "expected a map of settings at the top"),
        ("c.yaml", "a: &x [*x]\n", "contains it"),
        ("c.yaml", f"a: {'[' * 5000}\n", "nested too deeply"),
        ("c.json", "{}", r"\.json files are not known"),
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_it(write, name, text, reason):
    path = write(text, name)
    with pytest.raises(ConfigError, match=reason) as caught:
        read_file(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: no such file"):
        read_file(tmp_path / "c.yaml")


def test_a_directory(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: is a directory"):
        read_file(tmp_path)


def test_other_encodings(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes("a: ü\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"is not UTF-8 text \(at byte 3"):
        read_file(path)


def test_a_syntax_error_repeats_nothing_from_the_file(write):
    with pytest.raises(ConfigError) as caught:
        read_file(write("api_key: *sk-ant-secret\n"))
    assert "secret" not in str(caught.value)
