"""Validators of the Open Contracting Data Standard 1.1.5, from the schemas beside the tests."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT4

FOLDER = Path(__file__).parent.parent / "data" / "ocds"
BASE = "https://standard.open-contracting.org/schema/1__1__5/"


@cache
def _schema(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text())


@cache
def _registry() -> Registry[Any]:
    names = ("release-schema", "record-package-schema", "versioned-release-validation-schema")
    return Registry().with_resources((f"{BASE}{name}.json", DRAFT4.create_resource(_schema(name))) for name in names)


@cache
def _validator(name: str, definition: str) -> Draft4Validator:
    reference = {"$ref": f"{BASE}{name}.json{definition}"}
    return Draft4Validator(reference, registry=_registry(), format_checker=FormatChecker())


def faults_of_release(release: Any) -> list[str]:
    """What is wrong with a release, each with its place."""
    return _faults(_validator("release-schema", ""), release)


def faults_of_record(record: Any) -> list[str]:
    """What is wrong with a record; each release in it is a whole one."""
    faults = _faults(_validator("record-package-schema", "#/definitions/record"), record)
    for release in (*record["releases"], record["compiledRelease"]):
        faults += faults_of_release(release)
    return faults


def _faults(validator: Draft4Validator, document: Any) -> list[str]:
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(document)
    ]
