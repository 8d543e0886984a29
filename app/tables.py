"""Every table, imported once, so that the metadata is complete for migrations and the demo."""

import app.accounts.models
import app.alerts.models
import app.applications.models
import app.confirmations.models
import app.conversations.models
import app.credits.models
import app.discovery.models
import app.domains.models
import app.exposures.models
import app.filters.models
import app.graph.models
import app.inbound.models
import app.interactions.models
import app.introductions.models
import app.jobs.models
import app.kit.idempotency
import app.lists.models
import app.markers.models
import app.media.models
import app.moderation.models
import app.notifications.models
import app.oauth.models
import app.organizations.models
import app.outbox.models
import app.polls.models
import app.posts.models
import app.push.models
import app.reports.models
import app.resumes.models
import app.scheduled.models
import app.search.models
import app.tags.models
import app.timeline.models
import app.webhooks.models  # noqa: F401
