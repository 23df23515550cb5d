"""Essentia's algorithms, without its chatter."""

import essentia

essentia.log.infoActive = False
essentia.log.warningActive = False

import essentia.standard as es  # noqa: E402 - the log is quiet only for what is loaded after

__all__ = ["es"]
