"""Settings of the part numbers."""

from __future__ import annotations

from pathlib import Path

from pydantic import AliasChoices, Field

from malha.settings import SettingsGroup


class PartNumberSettings(SettingsGroup):
    """The AI server that classifies part numbers, and how long it is waited for."""

    ai_server_url: str = Field(
        default="http://127.0.0.1:5001", validation_alias=AliasChoices("AI_SERVER_URL", "NEXA_AI_SERVER")
    )
    """Any server that speaks the contract; `malha ai-server` is one."""
    start_seconds: float = Field(default=10, validation_alias="AI_SERVER_START_SECONDS", gt=0, le=60)
    """It must have taken a request after this long."""
    silence_seconds: float = Field(default=120, validation_alias="AI_SERVER_SILENCE_SECONDS", gt=0, le=600)
    """Without any word of it for this long, a run has failed."""
    timeout_seconds: float = Field(default=600, validation_alias="AI_SERVER_TIMEOUT_SECONDS", gt=0, le=800)
    """A run that takes longer has failed, whatever it still says."""
    chunk: int = Field(default=100, validation_alias="AI_SERVER_CHUNK", ge=1, le=1000)
    """Part numbers of a batch that one request to it names."""

    model_dir: Path | None = Field(default=None, validation_alias="AI_SERVER_MODEL_DIR")
    """Folder of a model that `malha partnumbers train` made, for `malha ai-server`; none is shipped."""


GROUPS = (PartNumberSettings,)
