"""LunaRoute: a local proxy for AI coding assistants that forwards and records."""

from lunaroute._version import __version__ as __version__
