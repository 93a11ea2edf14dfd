"""The same API without the layer that bounds bodies: the anchor of `body_memory`."""

from __future__ import annotations

from malha.http import BodyMiddleware
from malha.main import create_app

app = create_app()
app.user_middleware = [layer for layer in app.user_middleware if layer.cls is not BodyMiddleware]
