"""The asyncio side: one task group a jam, render workers, the ASGI app."""
