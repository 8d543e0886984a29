"""Every setting, typed, read once from the environment, frozen."""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, HttpUrl, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.instance.about import Rule
from app.kit.addresses import parse_networks

_DESCRIPTION = "以微博为核心的招聘服务：职位就是帖子。A microblog-centred recruiting service: jobs are posts."
_RULES = (
    Rule("尊重他人，不骚扰、不歧视", "Respect people: no harassment, no discrimination"),
    Rule("招聘信息须真实、合法，不得向求职者收费", "Job posts must be true and lawful; applicants never pay"),
    Rule("不发布垃圾信息，不公开他人隐私", "No spam, and nothing private about others"),
)


class Settings(BaseSettings):
    """Read from `WEIZHI_*` variables (and plain `PORT`); `deploy/example.env` shows each with its meaning."""

    model_config = SettingsConfigDict(
        env_prefix="WEIZHI_", frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    # First: what others may be depends on it.
    env: Literal["development", "production"] = Field(
        "development", description="Where this runs; production refuses the settings that are for tests alone."
    )
    data: Path = Field(Path(".weizhi"), description="Folder that holds everything `weizhi run` keeps.")
    media: Path | None = Field(None, description="Folder for uploaded files. Unset: media in WEIZHI_DATA.")
    private: Path | None = Field(
        None, description="Folder for résumés, which no address leads to. Unset: private in WEIZHI_DATA."
    )
    mail: Path | None = Field(
        None, description="Folder for mail, one .eml each. Unset: mail in WEIZHI_DATA; in production, no mail."
    )
    ffmpeg: Path | None = Field(
        None,
        description="The ffmpeg program for films; off: none. Unset: the one on PATH. Without it only MP4 is taken.",
    )
    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: Annotated[int, Field(ge=1, le=65535, validation_alias="PORT", description="Port the API listens on.")] = 3000
    base_url: HttpUrl | None = Field(
        None, description="Address people reach the service at; default http://localhost:PORT."
    )

    database_url: SecretStr | None = Field(
        None, description="External PostgreSQL, postgresql://user:password@host/name. Unset: a local one."
    )
    database_pool: Annotated[int, Field(ge=5, le=200, description="PostgreSQL connections per process.")] = 20
    replica_urls: SecretStr | None = Field(
        None,
        description="Read-only copies of PostgreSQL, with commas between, for strangers' reads. Unset: none.",
    )
    redis_url: SecretStr | None = Field(
        None,
        description="External Redis or Valkey, redis://host:6379/0 or unix:///path; of a cluster the URL of one node "
        "with ?cluster=true. Unset: a local one.",
    )
    meili_url: HttpUrl | None = Field(None, description="Meilisearch server. Unset: PostgreSQL searches.")
    meili_key: SecretStr | None = Field(None, description="Meilisearch key that may do everything with our indexes.")
    meili_index_prefix: str = Field("weizhi_", max_length=40, description="Prefix of our Meilisearch index names.")

    registrations: bool = Field(True, description="Whether anyone may sign up through POST /api/v1/accounts.")
    oauth_password_grant: bool = Field(
        False, description="Allow OAuth grant_type=password; for local trials and test programs, never in production."
    )
    rate_limits: bool = Field(
        True, description="Whether callers are slowed down; off for test programs, never in production."
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        max_length=1000,
        description="Proxies whose X-Forwarded-For is believed: addresses or networks, with commas between; * = any.",
    )
    title: str = Field("Weizhi 微职", max_length=100, description="Name shown to clients.")
    description: str = Field(_DESCRIPTION, max_length=500, description="What this service is, in a sentence or two.")
    rules: tuple[Rule, ...] = Field(
        _RULES, max_length=50, description="Rules of the house: a JSON list of {zh, en, zh_hint, en_hint}."
    )
    languages: tuple[str, ...] = Field(("zh", "en"), max_length=20, description="Languages of this service.")
    contact_email: str = Field(
        "", max_length=254, pattern=r"^([^@\s]+@[^@\s]+)?$", description="Whom to write to; default admin@ the domain."
    )
    contact_account: str = Field("", max_length=30, description="Username of the account people may ask.")
    source_url: HttpUrl | None = Field(None, description="Where the source code of this service is.")
    texts: Path | None = Field(
        None, description="Folder whose about.html, privacy.html and terms.html replace those that come with Weizhi."
    )

    vapid_private_key: SecretStr | None = Field(
        None,
        description="Key that signs pushes, 32 bytes in base64url. Unset: made once, kept in PostgreSQL.",
    )
    push_anywhere: bool = Field(
        False, description="Push to private addresses and by plain http too; for tests alone, never in production."
    )

    outbound_allow_networks: str = Field(
        "",
        max_length=1000,
        description="Networks, with commas between, that webhooks and fetches may reach though they are not public, by "
        "plain http too. Unset: none.",
    )

    webhook_lanes: Annotated[
        int, Field(ge=2, le=1000, description="Webhooks one worker delivers to at a time; failing ones: half of them.")
    ] = 64
    webhook_days: Annotated[
        int, Field(ge=4, le=365, description="Webhook messages and deliveries are kept and can be replayed so long.")
    ] = 30

    worker_concurrency: Annotated[
        int, Field(ge=1, le=64, description="Tasks one worker runs at a time; half its connections at most.")
    ] = 8
    task_lease_seconds: Annotated[
        float, Field(ge=0.5, le=3600, description="A task whose worker is silent this long is taken by another.")
    ] = 20.0
    task_retry_seconds: tuple[float, ...] = Field(
        (1, 5, 30, 120, 600, 3600),
        description="Wait before each retry of a failed task; after the last it is dead and waits for a person.",
    )
    worker_metrics_port: Annotated[
        int, Field(ge=0, le=65535, description="Port for the worker's own /metrics; 0 = off.")
    ] = 0
    receipt_body_days: Annotated[
        int, Field(ge=1, le=3650, description="How long what recruiters' systems sent is kept as it came, in days.")
    ] = 90
    receipt_days: Annotated[
        int,
        Field(ge=7, le=3650, description="How long receipts are kept, in days: a message sent again is known so long."),
    ] = 400
    page_cache_mb: Annotated[
        int,
        Field(ge=1, le=65_536, description="Memory of each API process for answers and the posts they share, in MiB."),
    ] = 256
    feed_days: Annotated[
        int, Field(ge=1, le=365, description="A home feed unread this long leaves the cache; it is rebuilt on return.")
    ] = 30
    home_order: Literal["chronological", "calm"] = Field(
        "chronological", description="Order of home timelines where neither reader nor request says: calm = no floods."
    )
    calm_showings: Annotated[
        int, Field(ge=0, le=100, description="Calm order: how often an original stays among 400 entries; 0 = any.")
    ] = 2
    calm_posts_of_one: Annotated[
        int, Field(ge=0, le=40, description="Calm order: posts of one author on a page; 0 = any.")
    ] = 4
    calm_jobs: Annotated[int, Field(ge=0, le=40, description="Calm order: jobs on a page; 0 = any.")] = 6
    pull_followers: Annotated[
        int,
        Field(ge=2, description="Posts of authors with so many followers are fetched by readers, not sent to feeds."),
    ] = 50_000
    introductions_open: Annotated[
        int, Field(ge=1, le=1000, description="Introductions somebody may wait for at a time.")
    ] = 10
    introductions_per_day: Annotated[
        int,
        Field(ge=1, le=1000, description="Introductions somebody may ask for in a day; one, when few are accepted."),
    ] = 5
    credit_policy: Literal["path_geometric", "last_touch", "equal", "none"] = Field(
        "path_geometric", description="How hires are shared out where neither job nor organization says."
    )
    credit_guarantee_days: Annotated[
        int, Field(ge=0, le=365, description="Credit is confirmed when a hire has lasted so long.")
    ] = 30
    application_days: Annotated[
        int, Field(ge=1, le=3650, description="Résumés and words of applications are erased so long after their end.")
    ] = 180
    unverified_jobs: Annotated[
        int, Field(ge=0, le=100_000, description="Open jobs an unverified organisation may keep; 0 = none.")
    ] = 3
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least severe line logged.")

    @field_validator("oauth_password_grant", "push_anywhere", "rate_limits")
    @classmethod
    def _not_in_production(cls, value: bool, info: ValidationInfo) -> bool:
        """Refuse in production what opens a service to strangers."""
        needed = info.field_name == "rate_limits"
        if info.data.get("env") == "production" and value is not needed:
            raise ValueError(f"must be {'on' if needed else 'off'} when WEIZHI_ENV=production")
        return value

    @field_validator("outbound_allow_networks")
    @classmethod
    def _networks(cls, networks: str) -> str:
        """Refuse what is no network, before anything starts."""
        parse_networks(networks)
        return networks

    @field_validator("vapid_private_key")
    @classmethod
    def _vapid(cls, key: SecretStr | None) -> SecretStr | None:
        """Refuse what is no key, before anything starts."""
        if key is not None and not re.fullmatch(r"[\w-]{43}=?", key.get_secret_value(), re.ASCII):
            raise ValueError("must be 32 bytes in base64url")
        return key

    @field_validator("database_url")
    @classmethod
    def _asyncpg(cls, url: SecretStr | None) -> SecretStr | None:
        """Name our driver, whichever way the address was written."""
        return None if url is None else SecretStr(_with_driver(url.get_secret_value()))

    @field_validator("replica_urls")
    @classmethod
    def _replicas(cls, urls: SecretStr | None) -> SecretStr | None:
        """The same for each."""
        said = urls.get_secret_value().split(",") if urls else []
        return SecretStr(",".join(_with_driver(url.strip()) for url in said)) if urls else None

    @property
    def replicas(self) -> list[str]:
        """The address of each replica."""
        return self.replica_urls.get_secret_value().split(",") if self.replica_urls else []

    @property
    def media_folder(self) -> Path:
        """Where uploaded files are kept."""
        return self.media or self.data / "media"

    @property
    def private_folder(self) -> Path:
        """Where files are kept that nobody but their readers may see."""
        return self.private or self.data / "private"

    @property
    def mail_folder(self) -> Path | None:
        """Where mail is written; None for nowhere."""
        return self.mail or (None if self.env == "production" else self.data / "mail")

    @property
    def public_url(self) -> str:
        """The service's address without a trailing slash."""
        return str(self.base_url).rstrip("/") if self.base_url else f"http://localhost:{self.port}"

    @property
    def domain(self) -> str:
        """Host and, where it is not the scheme's own, port: what Mastodon calls the instance's domain."""
        return urlsplit(self.public_url).netloc


def _with_driver(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgresql", "postgres", "postgresql+asyncpg"):
        raise ValueError("must start with postgresql://")
    return f"postgresql+asyncpg://{rest}"
