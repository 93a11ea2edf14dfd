"""`malha ai-server`: the reference classifier on its own port, and `check` for any other server of the contract."""

from __future__ import annotations

from typing import Annotated

import typer

from malha.cli._environment import load_settings

PORT = 5001


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The reference AI server for part numbers.", invoke_without_command=True)
    group.callback()(serve)
    group.command("check")(check)
    app.add_typer(group, name="ai-server")


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(help="Address to listen on: it has no login, so keep it internal.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = PORT,
) -> None:
    """Serve the reference classifier."""
    if context.invoked_subcommand is not None:
        return
    # Imported here: `check` needs no server, and `--help` neither.
    import uvicorn

    from malha.ai_server.app import create_app
    from malha.partnumbers.settings import PartNumberSettings

    settings = load_settings()
    model_dir = settings.of(PartNumberSettings).model_dir
    uvicorn.run(create_app(settings.broker.redis_url, model_dir), host=host, port=port, access_log=False)


def check(
    url: Annotated[str, typer.Argument(help="Base address of the server, such as http://127.0.0.1:5001.")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for a word of it.", min=1)] = 30,
) -> None:
    """Test an AI server against the contract, over the Redis of REDIS_URL, and print what it breaks."""
    # Imported here: serving needs none of it.
    from malha.ai_server.check import run_check

    findings = run_check(url, load_settings().broker.redis_url, wait_seconds=wait)
    for finding in findings:
        colour = typer.colors.RED if finding.problem else typer.colors.GREEN
        typer.secho(f"{'BREAKS' if finding.problem else 'keeps '} {finding.point}", fg=colour)
        for line in filter(None, [finding.problem, *finding.notes]):
            typer.echo(f"       {line}")
    if any(finding.problem for finding in findings):
        raise typer.Exit(1)
