"""The wire of one's own settings."""

from typing import Literal

from pydantic import Field

from app.kit.wire import IdOut, WireModel
from app.reading.schemas import SourceFieldOut


class PreferencesOut(WireModel):
    """Mastodon's Preferences: how an account posts unless it says otherwise, and how it reads."""

    visibility: Literal["public", "unlisted", "private", "direct"] = Field(
        serialization_alias="posting:default:visibility"
    )
    sensitive: bool = Field(serialization_alias="posting:default:sensitive")
    language: str | None = Field(serialization_alias="posting:default:language")
    quote_policy: Literal["public", "followers", "nobody"] = Field(serialization_alias="posting:default:quote_policy")
    media: Literal["default", "show_all", "hide_all"] = Field("default", serialization_alias="reading:expand:media")
    spoilers: bool = Field(False, serialization_alias="reading:expand:spoilers")
    gifs: bool = Field(False, serialization_alias="reading:autoplay:gifs")
    home_order: Literal["chronological", "calm"] | None = Field(
        serialization_alias="reading:home:order", description="Null: as the service has it."
    )
    show_referrals: bool = Field(
        serialization_alias="weizhi:referrals:public", description="Whether others see what your word of mouth came to."
    )
    log_exposures: bool = Field(
        serialization_alias="reading:log:exposures",
        description="Whether it is noted for 30 days which jobs you are shown, and through whom."
        " 是否记录你看到了哪些职位、经由谁看到（保留 30 天）。",
    )


class ProfileOut(WireModel):
    """Mastodon's Profile: one's own, as it was typed. Pictures are null where none was chosen."""

    id: IdOut
    display_name: str
    note: str
    fields: list[SourceFieldOut]
    avatar: str | None
    avatar_static: str | None
    avatar_description: str
    header: str | None
    header_static: str | None
    header_description: str
    locked: bool
    bot: bool
    hide_collections: bool | None
    discoverable: bool | None
    indexable: bool
    show_media: bool = True
    show_media_replies: bool = True
    show_featured: bool = True
    attribution_domains: list[str] = []
