"""The plan of a request: provider, target, credentials, refusals."""

import json

import pytest

from lunaroute.errors import ClientFault
from lunaroute.gateway._options import GatewayOptions
from lunaroute.gateway._server import Gateway
from lunaroute.routing import UNCHANGED
from lunaroute.wire import forward_request
from tests.routing.build import head

HERE, THERE = "127.0.0.1:50000", "192.0.2.7:50000"
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket")
HTTP_CLIENT = {
    "timeout_secs": 600,
    "connect_timeout_secs": 10,
    "pool_max_idle_per_host": 32,
    "pool_idle_timeout_secs": 90,
    "tcp_keepalive_secs": 60,
    "max_retries": 3,
    "enable_pool_metrics": True,
    "proxy": None,
}


def gateway(*, bypass=None, dialects=("anthropic", "openai"), **openai) -> Gateway:
    providers = [
        {"name": "anthropic", "base_url": "https://api.anthropic.com"},
        {"name": "openai", "base_url": "https://chatgpt.com/backend-api/codex"},
    ]
    providers[1] |= openai
    plain = {
        "log_level": "info",
        "log_format": "text",
        "dialects": list(dialects),
        "providers": [
            {
                "api_key": None,
                "api_key_policy": None,
                "http_client": HTTP_CLIENT,
                "dialect": each["name"],
            }
            | each
            for each in providers
        ],
        "tap": None,
    }
    if bypass is not None:
        plain["bypass"] = bypass
    return Gateway(GatewayOptions.from_plain(plain), None)


@pytest.fixture
def codex(tmp_path):
    file = tmp_path / "auth.json"
    tokens = {"access_token": "t0ken", "account_id": "acc"}
    file.write_text(json.dumps({"tokens": tokens}))
    return {
        "file": str(file),
        "token_field": "tokens.access_token",
        "account_id": "",
        "user_agent": "codex_cli_rs/1 (Linux; x86_64) xterm-256color",
        "is_optional": False,
    }


def sent(made, request) -> list[bytes]:
    """The header lines as the provider gets them."""
    out = forward_request(
        request,
        target=made.target,
        host=b"h",
        drop=made.change.drop,
        add=made.change.add,
    )
    return out.split(b"\r\n")[1:-2]


def test_codex_login_goes_with_a_request_of_this_machine(codex):
    request = head("/v1/responses", "User-Agent: curl/8", "x-api-key:", "accept: */*")
    made = gateway(codex_auth=codex).plan(request, HERE)
    assert made.target == b"/backend-api/codex/responses"
    assert sent(made, request) == [
        b"Host: h",
        b"accept: */*",
        b"Authorization: Bearer t0ken",
        b"ChatGPT-Account-ID: acc",
        b"User-Agent: codex_cli_rs/1 (Linux; x86_64) xterm-256color",
        b"originator: codex_cli_rs",
    ]


@pytest.mark.parametrize(
    ("request_", "peer"),
    [
        (head("/v1/responses"), THERE),
        (head("/v1/responses"), ""),
        (head("/v1/responses", "Authorization: Bearer mine"), HERE),
        (head("/v1/responses", "Origin: https://evil.example"), HERE),
        (head("/v1/messages"), HERE),
    ],
)
def test_codex_login_goes_with_no_other(codex, request_, peer):
    assert gateway(codex_auth=codex).plan(request_, peer).change is UNCHANGED


def test_codex_login_goes_to_openai_only(codex, caplog):
    made = gateway(codex_auth=codex, base_url="http://127.0.0.1:1/v1")
    assert made.plan(head("/v1/responses"), HERE).change is UNCHANGED
    assert "no effect" in caplog.text


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("replace", b"Authorization: Bearer k"),
        ("fill", b"Authorization: Bearer t0ken"),
    ],
)
def test_a_key_of_the_file_goes_before_codex_login(codex, policy, expected):
    made = gateway(codex_auth=codex, api_key="k", api_key_policy=policy)
    assert made.plan(head("/v1/responses"), HERE).change.add[0] == expected


def test_a_login_that_is_gone_is_not_sent(codex, tmp_path):
    made = gateway(codex_auth=codex)
    (tmp_path / "auth.json").unlink()
    made._codex["openai"]._checked = 0.0
    assert made.plan(head("/v1/responses"), HERE).change is UNCHANGED


@pytest.mark.parametrize(
    ("path", "line", "status"),
    [
        ("/v1/responses", "x-api-key: sk-ant-1", 403),
        ("/v1/chat/completions", "Authorization: Bearer sk-ant-1", 403),
        ("/v1/messages", "Authorization: Bearer sk-proj-1", 403),
        ("/v1/messages", "chatgpt-account-id: x", 403),
        ("*", "x: y", 404),
    ],
)
def test_what_is_refused(path, line, status):
    with pytest.raises(ClientFault) as refused:
        gateway().plan(head(path, line, method="OPTIONS"), HERE)
    assert refused.value.status == status


def test_a_key_that_fills_refuses_the_other_vendors_one_that_replaces_takes_over():
    request = head("/v1/responses", "Authorization: Bearer sk-ant-1")
    with pytest.raises(ClientFault):
        gateway(api_key="k", api_key_policy="fill").plan(request)
    made = gateway(api_key="k", api_key_policy="replace").plan(request)
    assert sent(made, request) == [b"Host: h", b"Authorization: Bearer k"]


def test_unknown_paths_as_bypass_says():
    request = head("/elsewhere?x=%2F")
    made = gateway().plan(request)
    assert (made.provider.name, made.target) == (
        "openai",
        b"/backend-api/codex/elsewhere?x=%2F",
    )
    to_anthropic = gateway(bypass={"enabled": True, "provider": "anthropic"})
    assert to_anthropic.plan(request).target == b"/elsewhere?x=%2F"
    assert gateway(dialects=["anthropic"]).plan(request).provider.name == "anthropic"
    with pytest.raises(ClientFault, match="bypass is off"):
        gateway(bypass={"enabled": False, "provider": None}).plan(request)


def test_websockets_that_are_off_are_a_426_for_that_provider_only():
    made = gateway(websocket=False)
    with pytest.raises(ClientFault) as refused:
        made.plan(head("/v1/responses", *UPGRADE, method="GET"))
    assert refused.value.status == 426
    made.plan(head("/v1/messages", *UPGRADE, method="GET"))
    made.plan(head("/v1/responses", "Connection: Upgrade", "Upgrade: h2c"))
    gateway().plan(head("/v1/responses", *UPGRADE, method="GET"))
