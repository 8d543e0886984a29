"""A post just published, as its author sees it, told from what was written instead of being read again."""

from app.kit.site import Site
from app.posts.authors import Author
from app.posts.models import Post
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.present import present_status
from app.reading.schemas import StatusOut
from app.reading.viewer import Viewer


def present_published(post: Post, author: Author, *, site: Site) -> StatusOut:
    """A post of words alone: nobody has done anything with it, and nothing stands between it and its author."""
    item = HydratedPost(post, author.profile, stats=None, node=None, app=author.app)
    return present_status(item, Hydrated({post.id: item}, {}, Viewer(post.author_id)), site=site)
