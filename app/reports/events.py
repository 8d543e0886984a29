"""What happens to reports."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class ReportFiled(Event):
    """Somebody complained about an account."""

    topic: ClassVar[str] = "report.filed"
    report_id: int
