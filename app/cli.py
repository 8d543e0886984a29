"""The `weizhi` command: its commands are one piece, so that one look shows what operators can do."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from pydantic import ValidationError
from rich.console import Console

from app.kit.errors import WeizhiError
from app.settings import Settings

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
tasks = typer.Typer(help="See and mend background work.", invoke_without_command=True)
accounts = typer.Typer(no_args_is_help=True, help="Verify and suspend accounts.")
organizations = typer.Typer(no_args_is_help=True, help="Verify employers.")
search = typer.Typer(no_args_is_help=True, help="Care for the search index.")
cli.add_typer(tasks, name="tasks")
cli.add_typer(accounts, name="accounts")
cli.add_typer(search, name="search")
cli.add_typer(organizations, name="organizations")

# Commands import what they need when they run, so that `weizhi run` and `--help` start at once.


@cli.command()
def run() -> None:
    """Start everything on this machine: servers, API, worker, and at first a demo world."""
    import os

    from app.local import supervisor

    settings = Settings()
    if settings.env == "development":
        # The demo's people log in with passwords; a deployed service leaves this grant off.
        os.environ.setdefault("WEIZHI_OAUTH_PASSWORD_GRANT", "on")
    raise typer.Exit(
        supervisor.run(
            data=settings.data,
            host=settings.host,
            port=settings.port,
            public_url=settings.public_url,
            database_url=settings.database_url.get_secret_value() if settings.database_url else None,
            redis_url=settings.redis_url.get_secret_value() if settings.redis_url else None,
            meili_url=str(settings.meili_url) if settings.meili_url else None,
        )
    )


@cli.command()
def api() -> None:
    """Serve HTTP."""
    import uvicorn

    from app.kit.wire_protocol import Protocol

    settings = Settings()
    uvicorn.run(
        "app.main:create_service",
        factory=True,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=30,
        http=Protocol,
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        timeout_graceful_shutdown=10,
    )


@cli.command()
def worker() -> None:
    """Run background tasks."""
    import uvloop

    from app.worker import run_worker

    uvloop.run(run_worker(Settings()))


@cli.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    from app.migrate import migrate as migrate_database

    asyncio.run(migrate_database(_database_url(_settings())))


@cli.command()
def prepare() -> None:
    """Migrate, and build the demo world if the database is new (what `weizhi run` does first)."""
    from app.demo.state import is_ready

    settings = _settings()
    if asyncio.run(is_ready(_database_url(settings), settings.data)):
        return
    from app.demo.prepare import prepare as prepare_database

    asyncio.run(prepare_database(settings, _database_url(settings)))


@cli.command()
def demo(
    people: Annotated[int, typer.Option(min=50, max=1_000_000, help="How many people live in it.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 1,
) -> None:
    """Fill an empty database with a demo world."""
    from app.demo.load import DemoError
    from app.demo.prepare import build_demo

    settings = _settings()
    try:
        asyncio.run(build_demo(settings, _database_url(settings), people=people, seed=seed))
    except DemoError as error:
        Console(stderr=True).print(f"weizhi: {error}")
        raise typer.Exit(1) from None


@cli.command()
def openapi(
    write: Annotated[Path | None, typer.Option(help="Write the description to this file.")] = None,
    check: Annotated[
        Path | None, typer.Option(help="Fail, with the difference, unless this file is up to date.")
    ] = None,
) -> None:
    """Print, write or check the API's description."""
    import difflib

    import yaml

    from app.main import create_app

    text = yaml.safe_dump(create_app().openapi(), allow_unicode=True, sort_keys=False, width=120)
    if write:
        write.write_text(text)
    elif check:
        difference = list(
            difflib.unified_diff(
                check.read_text().splitlines(), text.splitlines(), str(check), "generated", lineterm=""
            )
        )
        if difference:
            print(*difference[:200], sep="\n", file=sys.stderr)  # noqa: T201
            raise typer.Exit(1)
    else:
        print(text)  # noqa: T201


@cli.command("check")
def check() -> None:
    """Look for rows that name what is not there: reads whole tables. Exit code 1: there are some."""
    from app.operating import check_rows

    if not asyncio.run(check_rows(_database_url(_settings()), Console())):
        raise typer.Exit(1)


@tasks.callback()
def list_tasks(
    context: typer.Context,
    state: Annotated[str | None, typer.Option(help="waiting, leased or dead.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
) -> None:
    """Show how much work waits, and the newest tasks; dead ones wait for a person."""
    if context.invoked_subcommand is None:
        from app.outbox.report import report_tasks

        asyncio.run(report_tasks(_database_url(_settings()), Console(), state=state, limit=limit))


@tasks.command("retry")
def retry_tasks(
    ids: Annotated[list[int] | None, typer.Argument(help="Ids of dead tasks.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every dead task.")] = False,
) -> None:
    """Send dead tasks back to work."""
    from app.outbox.report import retry

    if not ids and not every:
        raise typer.BadParameter("name task ids, or say --all")
    count = asyncio.run(retry(_database_url(_settings()), ids=None if every else ids))
    Console().print(f"{count} task(s) go back to work")


@accounts.command("verify")
def verify_account(
    username: str,
    kind: Annotated[Literal["person", "organization"], typer.Option(help="Whom you checked.")],
    reason: Annotated[str, typer.Option(help="What as: shown beside the V.")],
) -> None:
    """Give an account its V."""
    from app.kit.clock import now
    from app.moderation.service import verify

    _change(lambda s: verify(s, username=username, kind=kind, reason=reason, now=now()))
    Console().print(f"{username} is verified")


@accounts.command("unverify")
def unverify_account(username: str) -> None:
    """Take an account's V away."""
    from app.moderation.service import unverify

    _change(lambda s: unverify(s, username=username))
    Console().print(f"{username} is not verified")


@accounts.command("suspend")
def suspend_account(username: str) -> None:
    """Hide an account and all it did, at once; counters and the search index follow."""
    from app.kit.clock import now
    from app.moderation.service import suspend

    _change(lambda s: suspend(s, username=username, now=now()))
    Console().print(f"{username} is suspended")


@accounts.command("unsuspend")
def unsuspend_account(username: str) -> None:
    """Bring an account back, once the worker has put back all that it counts for."""
    from app.moderation.service import unsuspend

    _change(lambda s: unsuspend(s, username=username))
    Console().print(f"{username} comes back as soon as the worker has counted it in again")


_REVIEWER = typer.Option(help="Who decides, as the record names them.")


@organizations.command("pending")
def list_pending_organizations(limit: Annotated[int, typer.Option(min=1, max=1000)] = 50) -> None:
    """Show what waits to be verified, the oldest first."""
    from app.operating import report_pending

    asyncio.run(report_pending(_settings(), Console(), limit=limit))


@organizations.command("verify")
def verify_organization(
    id: int, reviewer: Annotated[str, _REVIEWER], reason: Annotated[str, typer.Option(help="What convinced you.")]
) -> None:
    """Find an organisation that asked for it to be what it says, for six months."""
    from app.kit.clock import now
    from app.organizations.review import verify

    _change(lambda s: verify(s, organization_id=id, reviewer=reviewer, reason=reason, now=now()))
    Console().print(f"organization {id} is verified")


@organizations.command("reject")
def reject_organization(
    id: int, reviewer: Annotated[str, _REVIEWER], reason: Annotated[str, typer.Option(help="Told to its owners.")]
) -> None:
    """Find that what an organisation submitted does not show it."""
    from app.kit.clock import now
    from app.organizations.review import reject

    _change(lambda s: reject(s, organization_id=id, reviewer=reviewer, reason=reason, now=now()))
    Console().print(f"organization {id} is told why it is not verified")


@organizations.command("revoke")
def revoke_organization(
    id: int, reviewer: Annotated[str, _REVIEWER], reason: Annotated[str, typer.Option(help="Told to its owners.")]
) -> None:
    """End a verification before it is due."""
    from app.kit.clock import now
    from app.organizations.review import revoke

    _change(lambda s: revoke(s, organization_id=id, reviewer=reviewer, reason=reason, now=now()))
    Console().print(f"organization {id} is not verified any more")


@search.command("rebuild")
def rebuild_search() -> None:
    """Index every post and job anew, while searches go on."""
    from app.operating import rebuild_index

    asyncio.run(rebuild_index(_settings(), Console()))


@search.command("check")
def check_search(
    repair: Annotated[bool, typer.Option("--repair", help="Bring up to date what differs.")] = False,
) -> None:
    """Hold the search engines against PostgreSQL, document by document. Exit code 1: something differed."""
    from app.operating import check_index

    if not asyncio.run(check_index(_settings(), Console(), repair=repair)):
        raise typer.Exit(1)


@search.command("status")
def show_search_status() -> None:
    """How each search engine does. Exit code 1: one is not ready, or refused something."""
    from app.operating import report_index

    if not asyncio.run(report_index(_settings(), Console())):
        raise typer.Exit(1)


@search.command("retry")
def retry_search() -> None:
    """Send again what a search engine refused."""
    from app.operating import retry_index

    Console().print(f"{asyncio.run(retry_index(_settings()))} posts are sent again")


def _change(work: Callable[[Any], Awaitable[None]]) -> None:
    from app.bootstrap import change

    settings = _settings()
    asyncio.run(change(_database_url(settings), settings.redis_url, work))


def _settings() -> Settings:
    """The settings, with the addresses of the servers that `weizhi run` keeps, while it runs on the same folder."""
    from app.local.supervisor import URLS

    return Settings(_env_file=Settings().data / URLS)


def _database_url(settings: Settings) -> str:
    if settings.database_url:
        return settings.database_url.get_secret_value()
    raise typer.BadParameter("WEIZHI_DATABASE_URL is not set, and no `weizhi run` runs on this WEIZHI_DATA")


def main() -> None:
    """Entry point of the `weizhi` script. What a person can mend is told in a line, without a traceback."""
    try:
        cli()
    except WeizhiError as error:
        Console(stderr=True).print(f"weizhi: {error.text} ({error.code})")
        sys.exit(1)
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            Console(stderr=True).print(f"weizhi: {name if name == 'PORT' else f'WEIZHI_{name}'}: {problem['msg']}")
        sys.exit(1)


if __name__ == "__main__":
    main()
