"""Pure decisions about organisations: labels, codes, and when to look again."""

import calendar
import re
from datetime import datetime, timedelta

from app.organizations.models import Organization

UNVERIFIED = "未认证"
LAPSED = "认证已过期"
REMINDED_BEFORE = timedelta(days=14)
_MONTHS = 6

# GB 32100-2015: the characters of a 统一社会信用代码 by value, and the weight of each place.
_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = [pow(3, place, 31) for place in range(17)]
_CODE = re.compile(r"[1-9A-GY][1-9]\d{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)


def label(organization: Organization) -> str | None:
    """What must stand beside the organisation's name; None for one that is verified."""
    if organization.verified_at is not None:
        return None
    return LAPSED if organization.lapsed_at is not None else UNVERIFIED


def is_credit_code(code: str) -> bool:
    """Whether this is a 统一社会信用代码 whose last character is right for the others."""
    if not _CODE.fullmatch(code):
        return False
    total = sum(_CHARACTERS.index(character) * weight for character, weight in zip(code, _WEIGHTS, strict=False))
    return _CHARACTERS.index(code[17]) == -total % 31


def due_after(moment: datetime) -> datetime:
    """When an organisation verified at `moment` has to be checked anew: six months later."""
    month = moment.month - 1 + _MONTHS
    year, month = moment.year + month // 12, month % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
