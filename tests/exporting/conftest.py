"""The record that all of these tests export."""

from tests.exporting.kit import store

__all__ = ["store"]
