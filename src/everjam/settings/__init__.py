"""Server settings: flag, then EVERJAM_* environment, then everjam.toml, then the user's own file, then the default.

``SPECS`` is the one table of settings. CLI flags, environment names, file keys, checks and docs are fed from it.
"""

from everjam.settings.model import Settings, default_data_dir, default_workers, is_loopback
from everjam.settings.sources import FILE_NAME, default_config_dir, load_settings
from everjam.settings.specs import (
    CHUNK_STEP_SECONDS,
    ENV_PREFIX,
    SPEC_BY_NAME,
    SPECS,
    TLS_OFF,
    SettingSpec,
    coerce,
    settings_table,
)

__all__ = [
    "CHUNK_STEP_SECONDS",
    "ENV_PREFIX",
    "FILE_NAME",
    "SPECS",
    "SPEC_BY_NAME",
    "TLS_OFF",
    "SettingSpec",
    "Settings",
    "coerce",
    "default_config_dir",
    "default_data_dir",
    "default_workers",
    "is_loopback",
    "load_settings",
    "settings_table",
]
