"""`malha partnumbers`: the model that the reference AI server may ask last."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from malha.cli._environment import load_settings
from malha.db import Database
from malha.partnumbers.learning import ExamplesTooFewError, LearningUnavailableError, Trained
from malha.partnumbers.service import learn

partnumbers = typer.Typer(no_args_is_help=True, help="Part numbers.")


def register(app: typer.Typer) -> None:
    """Add `malha partnumbers`."""
    app.add_typer(partnumbers, name="partnumbers")


@partnumbers.callback()
def _take_commands() -> None:
    # Without a callback, Typer turns a group with one command into that command.
    return None


@partnumbers.command("train")
def train(
    folder: Annotated[Path, typer.Argument(help="Where the model is written; AI_SERVER_MODEL_DIR names it then.")],
    workspace: Annotated[
        list[UUID] | None, typer.Option(help="Only what this workspace confirmed; may be repeated.")
    ] = None,
    items: Annotated[bool, typer.Option(help="Learn from items of procurements, too.")] = True,  # noqa: FBT002 - Typer's way
) -> None:
    """Learn from confirmations, and from items of procurements as far as they agree. Needs the extra `learned`."""

    async def run() -> Trained:
        database = Database(load_settings().database)
        try:
            return await learn(database, folder, workspace, with_items=items)
        finally:
            await database.dispose()

    try:
        trained = asyncio.run(run())
    except (LearningUnavailableError, ExamplesTooFewError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(
        f"{trained.examples:,} examples, {len(trained.model.codes)} codes; on held-out series "
        f"{trained.held_out_right:.1%} right, {trained.held_out_surest_right:.1%} of the surest fifth"
    )
