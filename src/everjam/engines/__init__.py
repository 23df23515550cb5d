"""Engines: what turns steering into sound. ``base`` is the contract, ``registry`` finds them by entry point."""
