"""Storage on an S3 that remembers what it was asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.fakes.s3 import FakeS3, serve_s3

from malha.settings import UploadSettings
from malha.storage import Storage


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeS3]:
    with serve_s3() as fake:
        for name, value in fake.environment.items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture
def storage(s3: FakeS3) -> Storage:
    """Opened as in a deployment: from the URL and the AWS_* variables."""
    return Storage.from_settings(UploadSettings.model_validate({"url": f"s3://{s3.bucket}/files"}))
