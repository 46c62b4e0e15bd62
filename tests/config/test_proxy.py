"""Which proxy a provider is reached through."""

import pytest

from lunaroute.config import resolve
from lunaroute.config._proxy import Proxy, proxy_of
from lunaroute.errors import ConfigError

HTTPS = "https://api.example.com/v1"
HTTP = "http://api.example.com:8080"
P = Proxy("p.example", 3128)
URL = "http://p.example:3128"


@pytest.mark.parametrize(
    ("base_url", "environ", "expected"),
    [
        (HTTPS, {}, None),
        (HTTPS, {"HTTPS_PROXY": URL}, P),
        (HTTPS, {"https_proxy": URL}, P),
        (HTTPS, {"HTTPS_PROXY": "http://other:1", "https_proxy": URL}, P),
        (HTTPS, {"HTTPS_PROXY": URL, "https_proxy": ""}, P),
        (HTTPS, {"HTTP_PROXY": URL}, None),
        (HTTP, {"HTTP_PROXY": URL}, P),
        (HTTP, {"HTTPS_PROXY": URL}, None),
        (HTTP, {"ALL_PROXY": URL}, P),
        (HTTPS, {"all_proxy": URL}, P),
        (HTTPS, {"ALL_PROXY": "socks5://s:1", "HTTPS_PROXY": URL}, P),
        (HTTPS, {"HTTPS_PROXY": "p.example:3128"}, P),
        (HTTPS, {"HTTPS_PROXY": "http://p.example/"}, Proxy("p.example", 80)),
        (HTTPS, {"HTTPS_PROXY": "http://[::1]:3128"}, Proxy("::1", 3128)),
        (HTTPS, {"HTTPS_PROXY": "http://u@p.example:3128"}, Proxy("p.example", 3128, "Basic dTo=")),
        ("http://localhost:1234", {"ALL_PROXY": URL}, None),
        ("http://127.0.0.9:1234", {"ALL_PROXY": URL}, None),
        ("https://[::1]", {"ALL_PROXY": URL}, None),
    ],
)  # fmt: skip
def test_the_variable_in_force(base_url, environ, expected):
    assert proxy_of(base_url, environ) == expected


@pytest.mark.parametrize(
    ("base_url", "exceptions", "excepted"),
    [
        (HTTPS, "*", True),
        (HTTPS, "other.org, api.example.com", True),
        (HTTPS, "other.org API.Example.com", True),
        (HTTPS, "example.com", True),
        (HTTPS, ".example.com", True),
        (HTTPS, "*.example.com", True),
        ("https://example.com", ".example.com", True),
        ("https://api.example.com.", "example.com", True),
        (HTTPS, "ample.com", False),
        (HTTPS, "com.", True),
        (HTTPS, "api.example.com:443", True),
        (HTTPS, "example.com:8443", False),
        (HTTP, "example.com:8080", True),
        (HTTPS, ", ,", False),
        (HTTPS, "10.0.0.0/8", False),
        ("http://10.1.2.3", "10.0.0.0/8", True),
        ("http://10.1.2.3", "11.0.0.0/8,x/y", False),
        ("http://10.1.2.3", "10.1.2.3", True),
        ("http://10.1.2.3", "10.1.2.3:81", False),
        ("http://10.1.2.3", "2.3", False),
        ("http://[fd00::1]", "fd00::/8", True),
        ("http://[fd00::1]", "fd00:0::1", True),
        ("http://[fd00::1]:81", "[fd00::1]:81", True),
        ("http://[fd00::1]:81", "[fd00::1]:82", False),
    ],
)
def test_what_is_excepted(base_url, exceptions, excepted):
    for name in ("NO_PROXY", "no_proxy"):
        found = proxy_of(base_url, {"ALL_PROXY": URL, name: exceptions})
        assert found == (None if excepted else P)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("socks5h://me:secret@s:1", "HTTPS_PROXY: only http:// proxies .* socks5h://"),
        ("https://me:secret@s:1", "HTTPS_PROXY: only http:// proxies .* https://"),
        ("http://me:secret@s:port", "HTTPS_PROXY: must be a URL like"),
        ("http://me:secret@", "HTTPS_PROXY: must be a URL like"),
        ("http://me:secret@s\x01", "HTTPS_PROXY: must be a URL like"),
    ],
)
def test_one_that_cannot_be_used_is_an_error_without_its_password(
    environ, value, words
):
    with pytest.raises(ConfigError, match=words) as error:
        resolve({}, environ | {"HTTPS_PROXY": value})
    assert "secret" not in str(error.value)
    unused = {"HTTPS_PROXY": value, "NO_PROXY": "anthropic.com,openai.com"}
    assert resolve({}, environ | unused).proxies == {}


def test_only_those_of_enabled_providers_matter(write, environ):
    path = write("providers: {anthropic: {enabled: false}, mine: {type: openai}}")
    found = resolve({"config": str(path)}, environ | {"HTTPS_PROXY": URL}).proxies
    assert found == {"openai": P}
    assert "Basic" not in repr(Proxy("p", 1, "Basic x"))
