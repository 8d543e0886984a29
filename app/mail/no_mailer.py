"""No mail at all: where nobody said which folder it should go to."""

from app.kit import log
from app.mail.mailer import Message

logger = log.logger(__name__)


class NoMailer:
    """Drops messages, and says so in the log without telling whose."""

    async def send(self, message: Message) -> None:
        """Drop a message."""
        logger.warning("mail is off; a message was dropped", subject=message.subject)

    async def list_names(self) -> list[str]:
        """Nothing is kept."""
        return []

    async def find(self, name: str) -> str | None:
        """Nothing is kept."""
        return None
