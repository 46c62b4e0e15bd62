"""Addresses on the web that are secrets."""

import pytest

from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "MONGO=⟦mongodb://app:s3cr3t@a.example:27017,b.example:27017/db⟧",
        "DATABASE_URL=⟦postgres://app:s3cr3t@db.example:5432/app?sslmode=require⟧",
        "see <⟦https://u:hunter2@example.org/x⟧>.",
        "⟦redis://:p4ssw0rd@cache.example:6379/0⟧, then",
        "⟦amqp://guest:guest@mq.example⟧.",
        '"⟦mysql://root:p@ss@db.example/x⟧"',
    ],
)
def test_basic_auth(marked):
    check(marked, "basic_auth_url")


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org:8080/a@b",
        "https://user@example.org/",
        "postgres://user:${PASSWORD}@db.example/x",
        'f"postgres://{user}:{password}@{host}/x"',
        "https://user:***@example.org",
        "https://user:password@example.org",
        "postgres://username:pass@db.example:5432/x",
        "http://localhost:3000/@fs/x",
    ],
)
def test_no_password(text):
    check(text, "basic_auth_url")


def test_webhooks():
    slack = (
        "https://hooks." + "slack.com/services/T0123456789/B0123456789/" + "aB3d" * 6
    )
    check(f"url: ⟦{slack}⟧\n", "slack_webhook")
    discord = "https://" + "discord.com/api/webhooks/1234567890123456789/" + "aB3d" * 17
    check(f'"⟦{discord}⟧"', "discord_token")
    check("https://hooks.slack.com/services/", "slack_webhook")
