"""How often Python looks for garbage that counting references does not find."""

import gc


def seldom_collect() -> None:
    """For processes that serve: their memory holds hundreds of thousands of objects that live long.

    Looking through all of them for rings every few thousand requests stops everything for a tenth of a second.
    """
    gc.set_threshold(100_000, 50, 100)
