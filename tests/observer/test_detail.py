"""Headers both ways without credentials, and what took how long."""

from dataclasses import replace

from lunaroute.observer._detail import details
from tests.pii.finder import EMAIL, SECRET, redactor
from tests.recording.build import anthropic_message


def test_details():
    raw = anthropic_message(
        path="/v1/messages?beta=true&key=SeCrEt",
        request_fields=[("Authorization", "Bearer SeCrEt"), ("X-Strange", "SeCrEt"), ("anthropic-version", "2023-06-01")],
        answer_fields=[("Set-Cookie", "SeCrEt"), ("request-id", "req_1")],
    )  # fmt: skip
    raw.ending = replace(raw.ending, reused=True, attempts=2)
    line, asked, answered, stages = details(raw)
    assert (
        line
        == f"{raw.id} POST /v1/messages?beta=true&key=… to https://provider.test/v1: answered 200"
    )
    assert "\n    Authorization: …\n" in asked
    assert "\n    X-Strange: …\n" in asked
    assert "\n    anthropic-version: 2023-06-01" in asked
    assert "\n    Set-Cookie: …\n    request-id: req_1" in answered
    assert "SeCrEt" not in line + asked + answered + stages
    assert stages.startswith(
        f"{raw.id} stages: head read 1.00 ms, to the provider 2.00 ms, request sent 3.00 ms"
    )
    assert stages.endswith("connection reused, 2 attempts")


def test_an_exchange_of_which_little_is_known():
    raw = replace(anthropic_message(), ending=None, answer_head=b"", request_head=b"")
    assert "interrupted" in details(raw)[0]
    assert details(raw)[3].endswith("new connection")


def test_what_is_not_recorded_is_not_logged_either():
    raw = anthropic_message(
        path=f"/v1/{SECRET}?beta={EMAIL.replace('@', '%40')}",
        request_fields=[("User-Agent", f"me ({EMAIL})")],
        answer_fields=[("request-id", SECRET)],
    )
    told = "".join(details(raw, redactor()))
    assert "/v1/[SECRET]?beta=[EMAIL] to" in told
    assert "me ([EMAIL])" in told
    assert SECRET not in told
