"""Values given to names: which are secrets, and how far they reach."""

import pytest

from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "password=⟦hunter2!⟧",
        'db_password = "⟦Tr0ub4dor&3⟧"',
        "dbPassword: '⟦letmein⟧'",
        "export PGPASSWORD=⟦correcthorse⟧",
        "?user=a&password=⟦s3cr3t99⟧&x=1",
        "Password=⟦xK9#mQ2v⟧;Encrypt=true",
        "--db-password ⟦s3cr3t99⟧ --user x",
        "<password>⟦s3cr3t99⟧</password>",
        "define('DB_PASSWORD', '⟦s3cr3t-99⟧');",
        '{\\"apiKey\\": \\"⟦a1b2c3d4e5f6⟧\\"}',
        "the password is ⟦hunter22⟧.",
        "password: str = '⟦s3cr3t99⟧'",
        "X-Api-Key: ⟦0a1b2c3d4e5f6a7b⟧\r\n",
        "//registry.example/:_authToken=⟦550e8400-e29b-41d4-a716-446655440000⟧",
        "credentials: '⟦s3cr3t99x⟧'",
    ],
)
def test_found(marked):
    check(marked, "password")


def test_vendors_are_told_by_what_stands_near():
    secret = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
    check(f"aws_secret_access_key = ⟦{secret}⟧", "aws_secret_key")
    check(f"AWS: the secret ⟦{secret}⟧", "aws_secret_key")
    check(f"AccountKey=⟦{'aB3/' * 21 + 'aB'}==⟧;x=1", "azure_storage_key")
    check(f"TWILIO_AUTH_TOKEN=⟦{'0a1b2c3d' * 4}⟧", "twilio_key")


@pytest.mark.parametrize(
    "text",
    [
        "password = get_password()",
        "password = user.password",
        "password: string;",
        "token: Optional[str] = None",
        "if password == other_password:",
        '"password": "Password is required"',
        "password='too_short'",
        "password_hash = 'abc123def'",
        "max_tokens=4096",
        '"tokens": "12345abcd"',
        'next_page_token = "Ab3dEf6hIj"',
        "pad_token: '<pad>1'",
        "tokenizer = 'bert-base-uncased-v2'",
        "secretary: 'Bob123456'",
        "password = ${PASSWORD}",
        "password=$DB_PASSWORD",
        "password: /run/secrets/db_password",
        "password=https://vault.example/x1",
        "compass: 'north123'",
        "token = 1*tchar",
        "api_key: 'v1.2.3'",
        "token: '2026-11-25'",
    ],
)
def test_not_found(text):
    check(text, "password")
