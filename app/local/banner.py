"""What `weizhi run` shows when everything is up."""

import json
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Login:
    """A demo person to sign in as."""

    role: str
    name: str
    username: str
    password: str
    token: str


def read_logins(file: Path) -> list[Login]:
    """The demo logins in `file`; none when it is absent or not what we know."""
    try:
        return [
            Login(**{field: str(login[field]) for field in ("role", "name", "username", "password", "token")})
            for login in json.loads(file.read_text(encoding="utf-8"))
        ]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def show(console: Console, *, url: str, logins: list[Login], logs: Path) -> None:
    """Print where Weizhi is, who to sign in as and what to try first."""
    parts: list[RenderableType] = [Text(url, style="bold cyan underline")]
    if logins:
        parts += [Text(), _table(logins)]
    parts += [Text(), Text(f"日志 Logs  {logs}/{{api,worker}}.log", style="dim", overflow="fold")]
    parts += [Text("停止 Stop  Ctrl-C", style="dim")]
    title = Text(" 微职已启动 · Weizhi is running ", style="bold green")
    console.print()
    console.print(
        Panel(Group(*parts), title=title, box=box.ROUNDED, border_style="green", padding=(1, 2), expand=False)
    )
    if logins:
        # Outside the frame and on one line, however long, so that it can be copied whole.
        command = f"curl -s -H 'Authorization: Bearer {logins[0].token}' '{url}/api/v1/timelines/home?limit=3'"
        console.print(Text("\n试一试 Try:", style="bold"))
        console.print(Text(command, style="cyan"), soft_wrap=True)
    console.print()


def _table(logins: list[Login]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("身份 Role", "姓名 Name", "用户名 User", "密码 Password"):
        table.add_column(heading)
    for login in logins:
        table.add_row(Text(login.role), Text(login.name), Text(login.username, "bold"), Text(login.password, "bold"))
    return table
