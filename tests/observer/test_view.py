"""Boxes for people, objects for programs."""

import json

from lunaroute.observer._view import Boxes, Happening, Objects, Shown

RULE = "─" * 60


def test_a_request_and_its_answer():
    boxes = Boxes()
    shown = [
        Shown(
            Happening.REQUEST,
            3,
            "to Anthropic (streaming)\nModel: m\nMessages: 2 messages",
        ),
        Shown(Happening.ANSWER, 3, "STREAMING #3 from Anthropic"),
        Shown(Happening.THINKING, 3, "hm"),
        Shown(Happening.TEXT, 3, "one\ntwo\n"),
        Shown(Happening.TOOL, 3, "Read"),
        Shown(Happening.USAGE, 3, "input=1, output=2, total=3"),
        Shown(Happening.ERROR, 3, "no"),
        Shown(Happening.END, 3, "Stream ended: end_turn (200, 1.0 s)"),
    ]
    assert "".join(map(boxes.lines, shown)).splitlines() == [
        f"┌{RULE}",
        "│ REQUEST #3 to Anthropic (streaming)",
        f"├{RULE}",
        "│ Model: m",
        "│ Messages: 2 messages",
        f"└{RULE}",
        f"┌{RULE}",
        "│ STREAMING #3 from Anthropic",
        "│ 💭 hm",
        "│ 📝 one",
        "│ 📝 two",
        "│ 🔧 Tool call: Read",
        "│ 📊 Usage: input=1, output=2, total=3",
        "│ ❌ no",
        "│ 🏁 Stream ended: end_turn (200, 1.0 s)",
        f"└{RULE}",
    ]


def test_with_several_under_way_each_line_says_whose_it_is():
    boxes = Boxes()
    boxes.lines(Shown(Happening.ANSWER, 1, "STREAMING #1 from OpenAI"))
    assert boxes.lines(Shown(Happening.TEXT, 1, "a")) == "│ 📝 a\n"
    boxes.lines(Shown(Happening.ANSWER, 2, "STREAMING #2 from OpenAI"))
    assert boxes.lines(Shown(Happening.TEXT, 1, "b")) == "│ #1 📝 b\n"
    assert boxes.lines(Shown(Happening.END, 1, "e")).startswith("│ #1 🏁 e\n└")
    assert boxes.lines(Shown(Happening.TEXT, 2, "c")) == "│ 📝 c\n"


def test_objects():
    line = Objects().lines(
        Shown(Happening.TOOL, 3, "Read", {"tool": "Read", "none": None})
    )
    told = json.loads(line)
    assert line.endswith("\n")
    assert (told["event"], told["number"], told["tool"], told["message"]) == (
        "tool",
        3,
        "Read",
        "Read",
    )
    assert "none" not in told
