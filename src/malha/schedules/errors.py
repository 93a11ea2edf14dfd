"""What a caller of the schedules may be told."""

from __future__ import annotations

from http import HTTPStatus

from malha.errors import MalhaError, NotFoundError


class ScheduleNotFoundError(NotFoundError):
    """No such schedule, or not the caller's."""

    code = "schedule-not-found"
    pt = "Agendamento não encontrado."
    en = "Schedule not found."


class ScheduleActionUnknownError(MalhaError):
    """Nothing of this name can be scheduled. Fields: name, known."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "schedule-action-unknown"
    pt = "Não há ação {name!r} para agendar. Há: {known}."
    en = "There is no action {name!r} to schedule. There are: {known}."


class ScheduleTooOftenError(MalhaError):
    """The expression comes more often than the installation allows. Field: seconds."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "schedule-too-often"
    pt = "Um agendamento se repete no mínimo a cada {seconds} segundos."
    en = "A schedule comes back after {seconds} seconds at the least."


class ScheduleLimitError(MalhaError):
    """Too many schedules in one workspace. Field: limit."""

    status = HTTPStatus.CONFLICT
    code = "schedule-limit"
    pt = "Um espaço de trabalho tem no máximo {limit} agendamentos."
    en = "A workspace has at most {limit} schedules."


class ScheduleRunningError(MalhaError):
    """One run at a time."""

    status = HTTPStatus.CONFLICT
    code = "schedule-running"
    pt = "O agendamento já está em execução."
    en = "The schedule is running already."
