"""Memory that has been freed, given back to the system."""

import ctypes
import sys
from collections.abc import Callable


def heap_trimmer() -> Callable[[], object]:
    """What gives free memory in the middle of the heap back to the system; does nothing where the C library cannot."""
    if sys.platform != "linux":
        return lambda: None
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; musl has none
    return (lambda: trim(0)) if trim is not None else (lambda: None)
