"""Where the pages of jobs are, for search engines (sitemaps.org)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from app.feeds.writing import HEAD, element, web_date
from app.kit.site import Site

# What the protocol allows.
MOST_IN_PART = 50_000
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
START, END = f"{HEAD}<urlset {_SPACE}>\n", "</urlset>\n"


def index(site: Site, parts: Sequence[tuple[int, datetime]]) -> str:
    """The list of parts; one for the service's own pages, then the jobs by their first ids."""
    own = _sitemap(f"{site.url}/sitemaps/pages.xml", None)
    jobs = "".join(_sitemap(f"{site.url}/sitemaps/jobs-{first}.xml", changed_at) for first, changed_at in parts)
    return f"{HEAD}<sitemapindex {_SPACE}>\n{own}{jobs}</sitemapindex>\n"


def pages(site: Site) -> str:
    """The service's own pages."""
    paths = ("/", "/about", "/privacy-policy", "/terms-of-service")
    return START + "".join(_url(f"{site.url}{path}", None) for path in paths) + END


def jobs(site: Site, rows: Iterable[tuple[int, datetime]]) -> str:
    """Some jobs of a part."""
    return "".join(_url(site.job_url(id), changed_at) for id, changed_at in rows)


def _sitemap(address: str, changed_at: datetime | None) -> str:
    return f"<sitemap>{element('loc', address)}{element('lastmod', web_date(changed_at))}</sitemap>\n"


def _url(address: str, changed_at: datetime | None) -> str:
    return f"<url>{element('loc', address)}{element('lastmod', web_date(changed_at))}</url>\n"
