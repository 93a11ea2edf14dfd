"""What a route that only stores a file looks like in plain FastAPI: the anchor of `submit_latency`."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from fastapi import FastAPI, UploadFile

FOLDER = Path(os.environ["BARE_STORE"])
DOES_SYNC = os.environ.get("BARE_STORE_FSYNC") == "1"

app = FastAPI()


@app.post("/")
async def store(files: list[UploadFile]) -> dict[str, list[str]]:
    """Write each file under a new name; with BARE_STORE_FSYNC=1, to the disk and not only to the page cache."""
    names: list[str] = []
    for file in files:
        path = FOLDER / uuid.uuid4().hex
        with path.open("wb") as target:
            target.write(await file.read())
            if DOES_SYNC:
                target.flush()
                os.fsync(target.fileno())
        names.append(path.name)
    return {"stored": names}
