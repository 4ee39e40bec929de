"""``castor serve``: the living page on localhost."""

from __future__ import annotations

from pathlib import Path

import click

from castor.cli.patience import patience


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--port", default=8017, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; others need a token.")
@click.option("--name", "names", multiple=True, help="Host name by which others call this server; asks for a token.")
def command(folder: Path, port: int, host: str, names: tuple[str, ...]) -> None:
    """Serve the page of a mission with controls that rerun it, the nine-line, and the record of sorties.

    On the default address only this machine may come in. With a name, or on any other address, two tokens are made and
    printed, one to read and one to record; put a TLS proxy in front (see docs/guides/serve.md).

    \b
    castor serve missions/mali
    castor serve missions/mali --name ops.example.org
    """
    try:
        import uvicorn

        from castor.web.app import application
        from castor.web.security import Access
    except ModuleNotFoundError as missing:
        raise click.ClickException(f"{missing.name} is not installed: pip install 'castor-air[web]'") from missing
    local = host in ("127.0.0.1", "::1", "localhost") and not names
    access = Access.on_loopback() if local else Access.on_network(frozenset({host, *names}))
    with patience("Working out the page ..."):
        app = application(folder, access)
    if local:
        click.echo(f"http://{host}:{port}/", err=True)
    else:
        address = f"https://{names[0]}/" if names else f"http://{host}:{port}/"
        click.echo(f"to read:   {address}?token={access.read_token}", err=True)
        click.echo(f"to record: {address}?token={access.record_token}", err=True)
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False, limit_concurrency=200)
