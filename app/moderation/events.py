"""What operators do to accounts."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class AccountSuspended(Event):
    """The account and all it did are hidden from now on."""

    topic: ClassVar[str] = "account.suspended"
    account_id: int


@dataclass(frozen=True, slots=True)
class AccountUnsuspended(Event):
    """A suspension is to end: the account comes back once what it did counts again."""

    topic: ClassVar[str] = "account.unsuspended"
    account_id: int


@dataclass(frozen=True, slots=True)
class AccountRestored(Event):
    """The account is back."""

    topic: ClassVar[str] = "account.restored"
    account_id: int


@dataclass(frozen=True, slots=True)
class AccountVerified(Event):
    topic: ClassVar[str] = "account.verified"
    account_id: int


@dataclass(frozen=True, slots=True)
class AccountUnverified(Event):
    topic: ClassVar[str] = "account.unverified"
    account_id: int
