"""Measurements of LunaRoute: programs to run, no part of the tests."""
