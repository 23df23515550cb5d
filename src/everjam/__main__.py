"""``python -m everjam`` is ``everjam``."""

import sys

from everjam.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
