"""``python -m lunaroute.supervisor FLAGS``: what ``lunaroute serve`` becomes.

FLAGS is a JSON object; what follows is there for people who look us up by name.
"""

import sys

from lunaroute.supervisor import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
