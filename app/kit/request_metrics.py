"""What is counted of every answered request, as plain numbers: beside a page from memory a lock for each would show."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_NAMES = [*map(str, map(float, _BOUNDS)), "+Inf"]


class PlainCounter(Collector):
    """A counter by the values of one label: whoever counts adds to `counts`."""

    def __init__(self, name: str, documentation: str, label: str) -> None:
        self._name, self._documentation, self._label = name, documentation, label
        self.counts = defaultdict[str, int](int)

    def collect(self) -> Iterator[Metric]:
        """For Prometheus."""
        found = CounterMetricFamily(self._name, self._documentation, labels=[self._label])
        for value, count in self.counts.items():
            found.add_metric([value], count)
        yield found


class RouteMetrics:
    """Of the requests to one route by one method."""

    __slots__ = ("seconds", "slower_than", "statuses")

    def __init__(self) -> None:
        self.statuses = defaultdict[int, int](int)
        # How many took longer than so many of the bounds, but not than one more.
        self.slower_than = [0] * len(_NAMES)
        self.seconds = 0.0

    def note(self, status: int, seconds: float) -> None:
        """Count a request that was answered after so long."""
        self.statuses[status] += 1
        self.slower_than[bisect_left(_BOUNDS, seconds)] += 1
        self.seconds += seconds


class RequestMetrics(Collector):
    """Of all requests. One event loop counts them: there is nobody to lock out."""

    def __init__(self) -> None:
        self._routes = defaultdict[tuple[str, str], RouteMetrics](RouteMetrics)

    def of(self, method: str, route: str) -> RouteMetrics:
        """Where requests to a route (its path as declared) are counted."""
        return self._routes[method, route]

    def collect(self) -> Iterator[Metric]:
        """For Prometheus."""
        requests = CounterMetricFamily(
            "weizhi_http_requests", "HTTP requests answered.", labels=["method", "route", "status"]
        )
        seconds = HistogramMetricFamily(
            "weizhi_http_request_seconds",
            "Time from the request's first byte to the answer's last.",
            labels=["method", "route"],
        )
        for (method, route), found in self._routes.items():
            for status, count in found.statuses.items():
                requests.add_metric([method, route, str(status)], count)
            if found.statuses:
                buckets = list(zip(_NAMES, accumulate(found.slower_than), strict=True))
                seconds.add_metric([method, route], buckets, found.seconds)
        yield requests
        yield seconds
