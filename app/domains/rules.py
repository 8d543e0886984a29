"""What a domain is."""

import re

from app.kit.errors import field_error

LONGEST = 253
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# With a port, as addresses for trials have one.
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+(?::[0-9]{{1,5}})?")


def parse_domain(text: str) -> str:
    """The ASCII form of a domain, in lower case; raises Invalid for what is none. 例子.中国 is one."""
    try:
        domain = text.strip().rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        raise field_error("domain", "ERR_INVALID", "is not a valid domain name") from None
    if len(domain) > LONGEST or not _DOMAIN.fullmatch(domain):
        raise field_error("domain", "ERR_INVALID", "is not a valid domain name")
    return domain
