"""Secrets that follow one that was found."""

import pytest

from lunaroute.pii._finding import Finding
from lunaroute.pii._further import find_further
from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        'passwords = ["⟦hunter2⟧", "⟦Winter2024!⟧", "x"]',
        "passwords: ['⟦kT7!pQ_2wX⟧', '', '⟦aPq-19-zzT⟧']",
        'passwords = ["⟦hunter2⟧", "x", "⟦Winter2024!⟧"]',
        'String[] passwords = {"⟦hunter2⟧",\n    "⟦r3d1sP4ss⟧"};',
        '{\\"passwords\\": [\\"⟦hunter2⟧\\", \\"⟦r3d1sP4ss⟧\\"]}',
        "api_keys = ['⟦Jw2KuboEzqvKxjT2GTPunitZ⟧', 'main', '⟦9f86d081884c7d659a2feaa0c55ad015⟧']",
        "The staging password is ⟦j8Kd02nQz⟧ and the prod one is ⟦hunter2⟧.",
        "the password is `⟦j8Kd02nQz⟧`, and the other one is `⟦hunter2⟧`",
    ],
)
def test_found(marked):
    check(marked, "password")


@pytest.mark.parametrize(
    "marked",
    [
        'set_password("⟦s3cr3t99⟧", "utf-16")',
        'passwords = ["⟦hunter2⟧", password2, "other1"]',
        "passwords = ['⟦hunter2⟧', 'your-password1', 'password', '$PW', 'two words']",
        "the password is ⟦j8Kd02nQz⟧ and the user is jane42",
        "the password is ⟦j8Kd02nQz⟧ and the new one is required",
        "the password is ⟦j8Kd02nQz⟧ and the wrong one is $PASSWORD1",
        'passwords = ["⟦hunter2⟧", "r3d1sP4ss',
    ],
)
def test_no_more_than_one(marked):
    check(marked, "password")


def test_a_long_list_is_left_in_time():
    text = "passwords = [" + '"hunter2", ' * 10_000
    found = list(find_further(text, Finding(14, 21, "password", 0.9)))
    assert found[0] == Finding(25, 32, "password", 0.8)
    assert found[-1].end < 450
