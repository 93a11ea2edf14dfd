"""Every table of the platform in one metadata object, for migrations."""

from __future__ import annotations

from malha.audits import models as _audits  # noqa: F401 - importing registers the tables
from malha.banking import models as _banking  # noqa: F401
from malha.db.base import Base
from malha.expenses import models as _expenses  # noqa: F401
from malha.exports import models as _exports  # noqa: F401
from malha.identity import models as _identity  # noqa: F401
from malha.jobs import models as _jobs  # noqa: F401
from malha.suppliers import models as _suppliers  # noqa: F401

metadata = Base.metadata
