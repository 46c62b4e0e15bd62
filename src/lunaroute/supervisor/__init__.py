"""The supervisor: binds the sockets, starts the other processes and keeps them.

It alone obeys signals and it knows no HTTP.
"""

from lunaroute.supervisor._holder import who_listens as who_listens
from lunaroute.supervisor._run import main as main
