"""The numbers that /metrics tells Prometheus."""

from prometheus_client import REGISTRY, Counter, Gauge, Histogram

from app.kit.request_metrics import PlainCounter, RequestMetrics

REQUESTS = RequestMetrics()
REGISTRY.register(REQUESTS)
TASKS = Counter("weizhi_tasks_total", "Tasks run by the worker.", ["handler", "outcome"])
TASK_SECONDS = Histogram("weizhi_task_seconds", "Time a task's handler took.", ["handler"])
TASK_DELAY_SECONDS = Histogram(
    "weizhi_task_delay_seconds",
    "Time from the event to the start of its task.",
    ["handler"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120, 600),
)
TASKS_HELD = Gauge("weizhi_tasks_held", "Tasks in the table by state.", ["state"])
OUTBOX_EVENTS = Gauge("weizhi_outbox_events", "Events that no worker has taken up yet.")
OUTBOX_OLDEST_SECONDS = Gauge("weizhi_outbox_oldest_seconds", "Age of the oldest event or task still to be done.")
FEED_READS = PlainCounter("weizhi_feed_reads", "Home timeline reads by where the page came from.", "source")
REGISTRY.register(FEED_READS)
WEBHOOK_ATTEMPTS = Counter("weizhi_webhook_attempts_total", "Webhook attempts by what came of them.", ["outcome"])
WEBHOOK_SECONDS = Histogram(
    "weizhi_webhook_seconds",
    "Time one webhook attempt took.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
WEBHOOK_LANES = Gauge("weizhi_webhook_lanes", "Webhooks this worker delivers to at the moment.")
WEBHOOK_WAITING = Gauge("weizhi_webhook_deliveries_waiting", "Deliveries that wait, for now or for another attempt.")
STREAMS = Gauge("weizhi_streams", "Connections with open streams.")
EXPOSURES_DROPPED = Counter("weizhi_exposures_dropped_total", "Exposures of jobs that were not noted for want of room.")
