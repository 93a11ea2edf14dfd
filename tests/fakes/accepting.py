"""Takes a form in without a database: what a slice's plan makes of it is what the test looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request

from malha.jobs.accept import Accept, Accepted, Plan
from malha.jobs.once import NewJob
from malha.kit.ids import new_id
from malha.settings import UploadSettings
from malha.storage.forms import Form
from malha.storage.sinks import Sink


@dataclass(frozen=True)
class FormAccepting:
    """Reads the form as the real one does, and plans its job."""

    request: Request
    limits: UploadSettings

    async def form(self, _route: str, form: Form, plan: Plan, *, sink: Sink) -> Accepted:
        upload = await form.receive(self.request, self.limits, sink)
        job_id = new_id()
        return Accepted(job_id, None, await plan(job_id, upload))


def accepting(request: Request, **limits: Any) -> Accept:
    """For functions that ask for the request's Accept and take a form with it."""
    return cast("Accept", FormAccepting(request, UploadSettings(**limits)))


def planned(accepted: Accepted) -> NewJob:
    """The job that a form was planned to become."""
    assert accepted.new is not None
    return accepted.new
