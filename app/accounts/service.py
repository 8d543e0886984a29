"""Writes of accounts."""

import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.events import AccountRegistered, AccountUnlocked, ProfileChanged
from app.accounts.models import Account, AccountStats
from app.accounts.schemas import AccountCreate, ProfileDefaults, ProfileUpdate
from app.kit.changes import of_account, of_tokens
from app.kit.db import touch
from app.kit.errors import Detail, Forbidden, fields_error
from app.media.made import Kept
from app.media.service import delete_files
from app.outbox.publish import publish

SHORTEST_PASSWORD = 8
_USERNAME = re.compile(r"[A-Za-z0-9_]{1,30}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_NOT_COLUMNS = {"fields_attributes", "avatar", "header", "source", "attribution_domains"}
_RESERVED = frozenset({"admin", "administrator", "root", "support", "weizhi", "api", "oauth", "system", "moderator"})


class RegistrationsClosed(Forbidden):
    code = "registrations_closed"
    message = "Registrations are closed"


def check_registration(request: AccountCreate) -> None:
    """Raise Invalid, naming every field at fault, unless `request` may become an account."""
    problems: dict[str, list[Detail]] = {}

    def refuse(field: str, error: str, description: str) -> None:
        problems.setdefault(field, []).append(Detail(error=error, description=description))

    if not _USERNAME.fullmatch(request.username):
        refuse("username", "ERR_INVALID", "must contain only letters, numbers and underscores")
    elif request.username.lower() in _RESERVED:
        refuse("username", "ERR_RESERVED", "is reserved")
    if not _EMAIL.fullmatch(request.email):
        refuse("email", "ERR_INVALID", "is not a valid e-mail address")
    if len(request.password) < SHORTEST_PASSWORD:
        refuse("password", "ERR_TOO_SHORT", f"is too short (minimum is {SHORTEST_PASSWORD} characters)")
    if not request.agreement:
        refuse("agreement", "ERR_ACCEPTED", "must be accepted")
    if problems:
        raise fields_error(problems)


async def register(session: AsyncSession, *, request: AccountCreate, password_hash: str, now: datetime) -> Account:
    """Create an account from a checked request. Raises Invalid (ERR_TAKEN) for a used name or address."""
    account = Account(
        username=request.username,
        handle=request.username.lower(),
        email=request.email.lower(),
        password_hash=password_hash,
        language=request.locale.split("-")[0].lower() or None,
        created_at=now,
    )
    try:
        async with session.begin_nested():
            session.add(account)
    except IntegrityError:
        raise await _taken(session, request) from None
    session.add(AccountStats(account_id=account.id))
    await publish(session, AccountRegistered(account.id), actor_id=account.id)
    return account


async def update_profile(
    session: AsyncSession, *, account_id: int, request: ProfileUpdate, pictures: Mapping[str, Kept | None] = {}
) -> None:
    """Change one's own profile. `pictures`: a kept picture, or None for none, as `avatar` or `header`."""
    account = await session.get_one(Account, account_id)
    was_locked = account.locked
    await _set_pictures(session, account, pictures)
    changes = request.model_dump(exclude_none=True, exclude=_NOT_COLUMNS)
    for name, value in changes.items():
        setattr(account, name, value.strip() if isinstance(value, str) else value)
    _set_defaults(account, request.source or ProfileDefaults())
    if request.fields_attributes is not None:
        account.fields = [
            {"name": field.name.strip(), "value": field.value.strip()}
            for field in request.fields_attributes
            if field.name.strip() or field.value.strip()
        ]
    await session.flush()
    touch(session, of_account(account_id))
    if request.source and (request.source.home_order, request.source.log_exposures) != (None, None):
        # Who asks is known together with how they read.
        touch(session, of_tokens(account_id))
    await publish(session, ProfileChanged(account_id), actor_id=account_id)
    if was_locked and not account.locked:
        await publish(session, AccountUnlocked(account_id), actor_id=account_id)


def _set_defaults(account: Account, chosen: ProfileDefaults) -> None:
    if chosen.privacy is not None:
        account.default_visibility = chosen.privacy
    if chosen.sensitive is not None:
        account.default_sensitive = chosen.sensitive
    if chosen.language is not None:
        account.default_language = chosen.language or None
    if chosen.quote_policy is not None:
        account.default_quote_policy = chosen.quote_policy
    if chosen.home_order is not None:
        account.home_order = chosen.home_order or None
    if chosen.show_referrals is not None:
        account.show_referrals = chosen.show_referrals
    if chosen.log_exposures is not None:
        account.log_exposures = chosen.log_exposures


async def _set_pictures(session: AsyncSession, account: Account, pictures: Mapping[str, Kept | None]) -> None:
    for name, kept in pictures.items():
        await delete_files(session, [getattr(account, name), getattr(account, f"{name}_static")])
        setattr(account, name, kept.key if kept else None)
        setattr(account, f"{name}_static", kept.static_key if kept else None)
        if kept is None:
            setattr(account, f"{name}_description", "")


async def _taken(session: AsyncSession, request: AccountCreate) -> Exception:
    rows = await session.execute(
        select(Account.handle == request.username.lower(), Account.email == request.email.lower()).where(
            (Account.handle == request.username.lower()) | (Account.email == request.email.lower())
        )
    )
    problems: dict[str, list[Detail]] = {}
    for same_name, same_email in rows:
        if same_name:
            problems["username"] = [Detail(error="ERR_TAKEN", description="has already been taken")]
        if same_email:
            problems["email"] = [Detail(error="ERR_TAKEN", description="has already been taken")]
    return fields_error(problems)
