"""Settings accept what people write, and refuse the rest by name."""

import pytest
from pydantic import ValidationError

from app.settings import Settings


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_a_database_may_be_named_in_any_usual_way(scheme: str) -> None:
    url = Settings(database_url=f"{scheme}://u:p@db:5432/weizhi", _env_file=None).database_url
    assert url is not None
    assert url.get_secret_value() == "postgresql+asyncpg://u:p@db:5432/weizhi"


@pytest.mark.parametrize("url", ["mysql://u:p@db/weizhi", "db/weizhi"])
def test_another_database_is_refused_without_telling_its_password(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(database_url=url, _env_file=None)
    assert "must start with postgresql://" in str(refused.value)
    assert "u:p" not in str(refused.value)
