"""What a process says about itself: lines on standard error."""

import logging

LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}


def log_to_stderr(level: str) -> None:
    """From now on, what is at least as important as ``level`` (a setting's value)."""
    logging.basicConfig(
        level=LEVELS[level], format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
