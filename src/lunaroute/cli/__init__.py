"""The command line: each command is a module of its own, loaded when it is chosen."""

from lunaroute.cli._main import main as main
from lunaroute.cli._main import main_server as main_server
