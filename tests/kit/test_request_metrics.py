"""What is counted of requests is told as Prometheus expects it."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.kit.request_metrics import RequestMetrics


def test_requests_are_told_by_route_status_and_time() -> None:
    registry, metrics = CollectorRegistry(), RequestMetrics()
    registry.register(metrics)
    route = metrics.of("GET", "/a")
    for status, seconds in ((200, 0.001), (200, 0.0011), (404, 0.3), (200, 60.0)):
        route.note(status, seconds)
    metrics.of("POST", "/a").note(200, 0.004)
    metrics.of("GET", "/never-asked")
    told = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }
    get = ("method", "GET"), ("route", "/a")
    assert told["weizhi_http_requests_total", *get, ("status", "200")] == 3
    assert told["weizhi_http_requests_total", *get, ("status", "404")] == 1
    name = "weizhi_http_request_seconds"
    # How many took at most so long.
    buckets = {key[1][1]: value for key, value in told.items() if key[0] == f"{name}_bucket" and key[2] == get[0]}
    assert buckets == {
        **dict.fromkeys(("0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25"), 2.0),
        **dict.fromkeys(("0.5", "1.0", "2.5", "5.0", "10.0"), 3.0),
        "0.001": 1.0,
        "+Inf": 4.0,
    }
    assert told[f"{name}_count", *get] == 4
    assert round(told[f"{name}_sum", *get], 4) == 60.3021
    assert told[f"{name}_count", ("method", "POST"), ("route", "/a")] == 1
    assert not [key for key in told if ("route", "/never-asked") in key]
