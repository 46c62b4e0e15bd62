"""``python -m lunaroute.cli``: the same as ``lunaroute``."""

from lunaroute.cli import main

if __name__ == "__main__":
    main(prog_name="lunaroute")
