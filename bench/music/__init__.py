"""How good the band's music is, measured: ``python -m bench.music``.

Clips are rendered (``clips``), measured one by one (``measures``, cached) and judged together (``judges``);
``report`` writes what comes out.
"""
