"""The service for a test: the same routes in every test of a process, since building them costs most of a second."""

from copy import copy

from starlette.datastructures import State

from app.bootstrap import Resources
from app.express.express import Express
from app.main import create_app
from app.streaming.hub import Hub

_routes = create_app()
_routes.middleware_stack = _routes.build_middleware_stack()


def service(resources: Resources) -> Express:
    """What `create_service(resources)` gives, with state of its own; its lifespan does not run."""
    api = copy(_routes)
    hub = Hub(resources.db, resources.broadcast, resources.site, resources.exposures)
    api.state = State({"resources": resources, "hub": hub})
    return Express(api)
