"""``/api/schema``: what this server can do, as the page builds itself from it."""

import asyncio
from dataclasses import asdict
from enum import IntEnum
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from everjam import __version__
from everjam.engines import registry
from everjam.export.audiofile import FORMATS
from everjam.settings import Settings
from everjam.steering import FIELDS


class Schema:
    """The document, made when somebody first asks for it.

    Args:
        settings: Of the server.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._document: dict[str, Any] | None = None

    async def answer(self, _request: Request) -> Response:
        """Answers ``GET /api/schema``."""
        if self._document is None:
            # Engines may have to read hundreds of files to say what they know.
            self._document = await asyncio.to_thread(schema, self._settings)
        return JSONResponse(self._document)


def schema(settings: Settings) -> dict[str, Any]:
    """Engines, configuration fields, suggestions for prompts and file formats.

    Args:
        settings: Of the server.

    Returns:
        What ``docs/protocol.md`` describes, ready for JSON.
    """
    name = settings.engine
    suggestions = registry.suggestions(name, **registry.options(name, settings))
    return {
        "version": __version__,
        "default": name,
        "engines": [asdict(info) for info in registry.infos()],
        "fields": field_table(),
        "suggestions": [asdict(suggestion) for suggestion in suggestions],
        "formats": sorted(FORMATS),
    }


def field_table() -> list[dict[str, Any]]:
    """The configuration's fields, as the page builds its controls from them."""
    return [
        {
            "name": spec.name,
            "wireName": spec.wire_name,
            "kind": spec.kind,
            "minimum": spec.minimum,
            "maximum": spec.maximum,
            "default": spec.default.name if isinstance(spec.default, IntEnum) else spec.default,
            "help": spec.help,
            "values": list(spec.enum.__members__) if spec.enum else None,
        }
        for spec in FIELDS
    ]
