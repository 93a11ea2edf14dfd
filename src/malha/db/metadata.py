"""Every table of the platform in one metadata object, for migrations."""

from __future__ import annotations

from malha.db.base import Base
from malha.identity import models as _identity  # noqa: F401 - importing registers the tables
from malha.jobs import models as _jobs  # noqa: F401
from malha.slices import load_models

load_models()
metadata = Base.metadata
