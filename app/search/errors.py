"""What can go wrong in search."""

from app.kit.errors import Invalid, Unavailable


class SearchUnavailable(Unavailable):
    """The search engine does not answer, or not in time. Nothing is lost: writes are tried again."""

    code = "search_unavailable"
    message = "Search is not available right now; please try again shortly"


class EmptyQuery(Invalid):
    """Posts or jobs were asked for without a single letter or digit to look for."""

    code = "empty_query"
    message = "Validation failed: q must contain a word to search for"


class EngineRefused(Exception):
    """The engine answers, and says that what we ask or give it is wrong: asking again would change nothing."""
