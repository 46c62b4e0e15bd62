"""The version, alone in a module so that nothing else loads to read it."""

__version__ = "0.1.0"
