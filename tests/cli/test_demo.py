"""`lunaroute demo`: tried as a new user would."""

from tests.kit import processes, run


def test_the_demo_shows_the_session_its_tokens_and_a_hit(tmp_path):
    shown = run(tmp_path, "demo", environment={"TMPDIR": str(tmp_path)})
    assert shown.returncode == 0, shown.stderr
    out = shown.stdout
    assert "3 requests: the provider received exactly the bytes" in out
    assert "$ lunaroute sessions show" in out
    assert "3 turns  2 tool calls" in out
    assert "cache read 6,000" in out
    assert "tool Edit:" in out
    hits = out.split("$ lunaroute search TypeError")[1]
    assert "user/prompt" in hits
    assert "assistant/answer" in hits
    assert "export ANTHROPIC_BASE_URL=" in out
    assert shown.stderr == ""


def test_the_demo_leaves_nothing_behind(tmp_path):
    run(tmp_path, "demo", environment={"TMPDIR": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []
    assert not [c for _, _, c in processes().values() if str(tmp_path) in c]
