"""``python -m lunaroute.observer CONTROL_FD``: started by the supervisor only."""

import sys

from lunaroute.control import leave_signals_to_the_supervisor

if __name__ == "__main__":
    leave_signals_to_the_supervisor()
    from lunaroute.observer import run

    run(int(sys.argv[1]))
