"""Values within expressions."""

import pytest

from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "password = os.getenv('PW', '⟦hunter22⟧')",
        'password = os.environ.get("DB_PASSWORD", "⟦hunter22⟧")',
        "'password' => env('DB_PASSWORD', '⟦hunter22⟧'),",
        'password = config("PW", default="⟦hunter22⟧")',
        "const password = process.env.PW || '⟦hunter22⟧';",
        'password = ENV["PW"] || "⟦hunter22⟧"',
        'password = args.password ?? "⟦hunter22⟧"',
        "PASSWORD=${PW:-⟦hunter22⟧}",
        'PASSWORD="${PW:-⟦hunter22⟧}"',
        'password = SecretStr("⟦hunter22⟧")',
        'let password = String::from("⟦hunter22⟧");',
        'password = Buffer.from("⟦kVS4qpR6⟧")',
        "password: |\n  ⟦hunter22⟧\nuser: x",
        "password: >-\n    ⟦hunter22⟧\n",
        "PASSWORD=$(cat <<EOF\n⟦hunter22⟧\nEOF\n)",
    ],
)
def test_found(marked):
    check(marked, "password")


@pytest.mark.parametrize(
    "text",
    [
        "password = os.getenv('PW1')",
        "password = get_password('db1')",
        'password = request.form["password1"]',
        "password = password.encode('latin1')",
        "password = a or b2",
        "password: |\n  {{ vault }}\n",
        "password = prompt('Password 1?')",
    ],
)
def test_not_found(text):
    check(text, "password")
