"""As much of S3 as object storage needs: objects, multipart uploads, listing and bulk deletion, in memory."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.fakes.loopback import LoopbackServer


@dataclass
class FakeS3:
    """`objects` by key, `uploads` that were begun and neither completed nor aborted, `requests` as `METHOD path`."""

    bucket: str = "malha"
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    is_failing: bool = False
    port: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead a client here."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "AWS_ALLOW_HTTP": "true",
        }

    async def answer(self, request: Request) -> Response:
        key = request.path_params.get("key", "")
        self.requests.append(f"{request.method} {key}")
        if self.is_failing:
            return Response(status_code=403)
        if not key:
            return self._delete_many(await request.body()) if request.method == "POST" else self._list(request)
        if request.method == "GET":
            return self._get(key)
        if request.method == "DELETE":
            self.uploads.pop(request.query_params.get("uploadId", ""), None)
            self.objects.pop(key, None)
            return Response(status_code=204)
        return self._put(key, request, await request.body())

    def _put(self, key: str, request: Request, body: bytes) -> Response:
        query = request.query_params
        etag = {"ETag": f'"{secrets.token_hex(4)}"'}
        if "uploads" in query:
            upload_id = secrets.token_hex(8)
            self.uploads[upload_id] = {}
            return _xml(
                f"<InitiateMultipartUploadResult><UploadId>{upload_id}</UploadId></InitiateMultipartUploadResult>"
            )
        if "partNumber" in query:
            self.uploads[query["uploadId"]][int(query["partNumber"])] = body
            return Response(headers=etag)
        if request.method == "POST":
            parts = self.uploads.pop(query["uploadId"])
            self.objects[key] = b"".join(parts[number] for number in sorted(parts))
            return _xml("<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
        self.objects[key] = body
        return Response(headers=etag)

    def _get(self, key: str) -> Response:
        if key not in self.objects:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        headers = {"ETag": '"x"', "Last-Modified": "Sat, 21 Nov 2026 12:00:00 GMT"}
        return Response(self.objects[key], headers=headers)

    def _list(self, request: Request) -> Response:
        prefix = request.query_params.get("prefix", "")
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        folders: set[str] = set()
        if request.query_params.get("delimiter"):
            folders = {prefix + key[len(prefix) :].split("/")[0] + "/" for key in keys if "/" in key[len(prefix) :]}
            keys = [key for key in keys if "/" not in key[len(prefix) :]]
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-11-21T12:00:00Z</LastModified>"
            f"<ETag>x</ETag><Size>{len(self.objects[key])}</Size></Contents>"
            for key in keys
        )
        common = "".join(f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>" for one in sorted(folders))
        return _xml(f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}{common}</ListBucketResult>")

    def _delete_many(self, body: bytes) -> Response:
        keys = re.findall(r"<Key>([^<]+)</Key>", body.decode())
        for key in keys:
            self.objects.pop(key, None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        return _xml(f"<DeleteResult>{deleted}</DeleteResult>")


def _xml(text: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{text}', media_type="application/xml")


@contextmanager
def serve_s3() -> Iterator[FakeS3]:
    """The fake behind a real HTTP server on a free port of the loopback."""
    fake = FakeS3()
    methods = ["GET", "PUT", "POST", "DELETE"]
    routes = [
        Route(f"/{fake.bucket}", fake.answer, methods=methods),
        Route(f"/{fake.bucket}/", fake.answer, methods=methods),
        Route(f"/{fake.bucket}/{{key:path}}", fake.answer, methods=methods),
    ]
    with LoopbackServer(Starlette(routes=routes)) as server:
        fake.port = server.port
        yield fake
