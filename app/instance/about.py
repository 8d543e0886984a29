"""What the operator says about the service: built once from the settings."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_OURS = Path(__file__).parent / "texts"
# When the texts that come with Weizhi were last changed in substance.
_WRITTEN = datetime(2026, 11, 25, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the house, in both languages, with an optional explanation."""

    zh: str
    en: str
    zh_hint: str = ""
    en_hint: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A page of HTML the operator answers for, and when it was last changed."""

    html: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class About:
    """The operator's words. `contact_account` is a username;"""

    description: str
    rules: tuple[Rule, ...]
    languages: tuple[str, ...]
    contact_email: str
    contact_account: str | None
    registrations: bool
    source_url: str
    about: Text
    privacy: Text
    terms: Text


def load_text(name: str, folder: Path | None) -> Text:
    """`name`.html from the operator's folder if it is there, else the one that comes with Weizhi."""
    own = folder / f"{name}.html" if folder else None
    if own and own.is_file():
        return Text(own.read_text(encoding="utf-8"), datetime.fromtimestamp(own.stat().st_mtime, UTC))
    return Text((_OURS / f"{name}.html").read_text(encoding="utf-8"), _WRITTEN)
