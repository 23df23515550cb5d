"""Under which conditions the band is timed: as in a render worker."""

import os
import sys

from everjam.live.child import worker_environment


def become_like_a_worker() -> None:
    """Starts the program anew in the environment of a render worker; libraries read it when they are loaded."""
    wanted = worker_environment()
    if wanted != dict(os.environ):
        os.execve(sys.executable, sys.orig_argv, wanted)
