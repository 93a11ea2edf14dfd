"""The compose files say nothing that Compose or the settings do not know, and nothing that is unsafe to run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from scripts._reference import setting_names
from tests.factories.compose import DEPLOY, VARIABLE, VariableMissingError, environment_of, fill_in, load_compose

from malha.jobs.celery import SOFT_SHUTDOWN_SECONDS

FILES = ("compose.yml", "compose.override.yml", "compose.traefik.yml")
OURS = ("migrate", "api", "worker", "beat", "ingestor")

# Read by others than malha.settings: obstore, Celery, uvicorn, Python.
FOREIGN = {
    "AWS_ACCESS_KEY_ID", "AWS_ALLOW_HTTP", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_SECRET_ACCESS_KEY",
    "FORWARDED_ALLOW_IPS", "PYTHONPATH", "REMAP_SIGTERM",
}  # fmt: skip
TOP_LEVEL = {"name", "services", "volumes"}
SERVICE_KEYS = {
    "build", "cap_drop", "command", "depends_on", "env_file", "environment", "healthcheck", "hostname", "image",
    "init", "labels", "ports", "profiles", "read_only", "restart", "security_opt", "shm_size", "stop_grace_period",
    "tmpfs", "volumes",
}  # fmt: skip
HEALTH_KEYS = {"disable", "interval", "retries", "start_period", "test", "timeout"}
SECONDS = {"s": 1, "m": 60}


def services_of(name: str) -> dict[str, dict[str, Any]]:
    return load_compose(name)["services"]


def all_services() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in FILES:
        for name, service in services_of(file).items():
            yield file, name, service


def variables_of(text: str) -> dict[str, list[str]]:
    """Variable names with the kinds of their uses: `?` required, `-` with a default, empty."""
    uses: dict[str, list[str]] = {}
    for found in VARIABLE.finditer(text):
        uses.setdefault(found["name"], []).append(found["kind"] or "")
    return uses


def lines_of_env_example() -> dict[str, bool]:
    """Names in deploy/.env.example, with whether they are set there rather than shown in a comment."""
    found = re.findall(r"^(#?)([A-Z][A-Z0-9_]*)=", (DEPLOY / ".env.example").read_text(), re.MULTILINE)
    return {name: not comment for comment, name in found}


def seconds(text: str) -> int:
    return int(text[:-1]) * SECONDS[text[-1]]


@pytest.mark.parametrize("file", FILES)
def test_only_words_of_the_compose_format_are_used(file: str) -> None:
    document = load_compose(file)
    assert {key for key in document if not key.startswith("x-")} <= TOP_LEVEL
    for service in document["services"].values():
        assert set(service) <= SERVICE_KEYS
        assert set(service.get("healthcheck", {})) <= HEALTH_KEYS


def test_a_dependency_exists_and_can_meet_its_condition() -> None:
    base = services_of("compose.yml")
    for file, name, service in all_services():
        for needed, how in service.get("depends_on", {}).items():
            target = base[needed]
            if how["condition"] == "service_healthy":
                assert target["healthcheck"].get("test"), f"{file}: {name} waits for {needed}, which has no check"
            else:
                assert how["condition"] == "service_completed_successfully"
                assert target["restart"] == "no"


def test_every_service_is_checked_or_ends_or_is_off() -> None:
    for name, service in services_of("compose.yml").items():
        if service["healthcheck"].get("disable"):
            assert service["restart"] == "no" or service.get("profiles"), name
        else:
            assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name


@pytest.mark.parametrize("file", FILES)
def test_named_volumes_are_declared_and_used(file: str) -> None:
    document = load_compose(file)
    mounts = [mount for service in document["services"].values() for mount in service.get("volumes", [])]
    assert {mount.split(":")[0] for mount in mounts if mount[0] not in "./"} == set(document.get("volumes", {}))


def test_secrets_have_no_default() -> None:
    uses = variables_of("".join((DEPLOY / file).read_text() for file in FILES))
    secrets = {name: kinds for name, kinds in uses.items() if re.search("PASSWORD|SECRET", name)}
    assert set(secrets) >= {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "RABBITMQ_PASSWORD", "S3_SECRET_KEY"}
    assert all(kinds == ["?"] * len(kinds) for kinds in secrets.values())


def test_compose_refuses_to_start_without_the_secrets() -> None:
    with pytest.raises(VariableMissingError, match="SECRET_KEY"):
        fill_in(services_of("compose.yml")["api"], {})


def test_the_example_names_every_variable_that_the_files_ask_for() -> None:
    uses = variables_of("".join((DEPLOY / file).read_text() for file in FILES))
    example = lines_of_env_example()
    assert set(uses) <= set(example)
    assert {name for name, kinds in uses.items() if "?" in kinds} <= {
        name for name, is_set in example.items() if is_set
    }


def test_the_example_names_nothing_that_nobody_reads() -> None:
    uses = variables_of("".join((DEPLOY / file).read_text() for file in FILES))
    assert set(lines_of_env_example()) <= set(uses) | set(setting_names())


@pytest.mark.parametrize("name", OURS)
def test_our_processes_are_told_nothing_that_the_settings_do_not_know(name: str) -> None:
    told = {key for _, service_name, service in all_services() if service_name == name
            for key in service.get("environment", {})}  # fmt: skip
    assert told - FOREIGN <= set(setting_names())


@pytest.mark.parametrize("name", OURS)
def test_what_stands_in_the_env_file_reaches_our_processes(name: str) -> None:
    given = {name: "x" for name, is_set in lines_of_env_example().items() if is_set}
    environment = environment_of(services_of("compose.yml")[name], given | {"LOG_LEVEL": "DEBUG"})
    assert environment["LOG_LEVEL"] == "DEBUG"
    assert environment["ENVIRONMENT"] == "production"


def test_all_our_processes_get_the_same_environment() -> None:
    base = services_of("compose.yml")
    assert {name: base[name]["environment"] | {"REMAP_SIGTERM": "SIGQUIT"} for name in OURS} == dict.fromkeys(
        OURS, base["worker"]["environment"]
    )


def test_our_containers_run_with_the_least_rights() -> None:
    for name in OURS:
        service = services_of("compose.yml")[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_only_traefik_listens_to_the_world() -> None:
    for file, name, service in all_services():
        for port in fill_in(service.get("ports", []), {}):
            assert name == "traefik" or port.startswith("127.0.0.1:"), f"{file}: {name} publishes {port}"


def test_images_of_others_have_a_version() -> None:
    for file, name, service in all_services():
        if "image" in service and name not in OURS:
            assert re.search(r":v?\d", service["image"]), f"{file}: {name} follows whatever is newest"


def test_redis_never_evicts() -> None:
    command = services_of("compose.yml")["redis"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_a_stopped_worker_has_time_for_its_soft_shutdown() -> None:
    worker = services_of("compose.yml")["worker"]
    assert worker["environment"]["REMAP_SIGTERM"] == "SIGQUIT"
    assert seconds(worker["stop_grace_period"]) >= 2 * SOFT_SHUTDOWN_SECONDS


def test_a_stopped_api_has_time_for_its_open_requests() -> None:
    api = services_of("compose.yml")["api"]
    limit = int(api["command"][api["command"].index("--timeout-graceful-shutdown") + 1])
    assert seconds(api["stop_grace_period"]) > limit
