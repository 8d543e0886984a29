"""deploy/ keeps step with the settings and stays hardened."""

import re
from typing import Any

import pytest
import yaml
from pydantic.fields import FieldInfo

from app.settings import Settings
from tests.house import HERE

_DEPLOY = HERE / "deploy"
_COMPOSE = yaml.safe_load((_DEPLOY / "compose.yaml").read_text())
_SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]
_DOCKERFILE = (_DEPLOY / "Dockerfile").read_text()
# Secrets of the servers beside us: compose.yaml reads them, we do not.
_NOT_OURS = {"POSTGRES_PASSWORD", "MEILI_MASTER_KEY"}
# What a deployment must set: example.env shows a value that is not the default.
_MUST_BE_SET = {
    "WEIZHI_ENV",
    "WEIZHI_BASE_URL",
    "WEIZHI_DATABASE_URL",
    "WEIZHI_REDIS_URL",
    "WEIZHI_MEILI_URL",
    "WEIZHI_MEILI_KEY",
}
_AS_ROOT = {"meilisearch-folder": "sets up a folder for an account that is not root, without a network, and ends"}
_SERVERS = ("postgres", "valkey", "meilisearch")


def settings() -> dict[str, FieldInfo]:
    """Every setting by its variable's name."""
    prefix = Settings.model_config["env_prefix"]
    return {
        str(field.validation_alias or prefix + name.upper()): field for name, field in Settings.model_fields.items()
    }


def example() -> dict[str, tuple[str, str, bool]]:
    """Variable → (the comment above it, its value, whether it is commented out)."""
    found: dict[str, tuple[str, str, bool]] = {}
    comment: list[str] = []
    for line in (_DEPLOY / "example.env").read_text().splitlines():
        if match := re.fullmatch(r"(#?)([A-Z][A-Z_]*)=(.*)", line):
            assert match[2] not in found, f"{match[2]} is there twice"
            found[match[2]] = (" ".join(comment), match[3], bool(match[1]))
            comment = []
        elif line.startswith("# ") and not line.startswith("# ---"):
            comment.append(line[2:])
        else:
            comment = []
    return found


class TestExampleEnv:
    def test_has_every_setting_and_no_other(self) -> None:
        assert example().keys() - _NOT_OURS == settings().keys()

    def test_tells_each_with_its_meaning(self) -> None:
        for name, field in settings().items():
            assert field.description, name
            assert example()[name][0] == field.description, name

    def test_shows_defaults_commented_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in settings():
            monkeypatch.delenv(name, raising=False)
        unset = Settings(_env_file=None)
        for name, (_, value, commented_out) in example().items():
            if name not in _NOT_OURS:
                assert commented_out == (name not in _MUST_BE_SET), name
                monkeypatch.setenv(name, value)

        shown = Settings(_env_file=None)

        must = {name.removeprefix("WEIZHI_").lower() for name in _MUST_BE_SET}
        assert shown.model_dump(exclude=must) == unset.model_dump(exclude=must)


class TestCompose:
    @pytest.mark.parametrize("name", _SERVICES)
    def test_hardens_every_service(self, name: str) -> None:
        service = _SERVICES[name]

        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        assert "no-new-privileges:true" in service["security_opt"]
        assert 0 < service["pids_limit"] <= 512
        assert service["mem_limit"]
        assert not service.get("privileged")
        assert not {"pid", "ipc", "devices", "userns_mode"} & service.keys()

    @pytest.mark.parametrize("name", _SERVICES)
    def test_runs_no_service_as_root(self, name: str) -> None:
        service = _SERVICES[name]
        if name in _AS_ROOT:
            assert (service["network_mode"], service["restart"], service["cap_add"]) == ("none", "no", ["CHOWN"])
        else:
            user, _, group = service["user"].partition(":")
            assert int(user) > 0
            assert int(group) > 0
            assert "cap_add" not in service

    @pytest.mark.parametrize("name", [name for name in _SERVICES if name != "api"])
    def test_publishes_nothing_but_the_api(self, name: str) -> None:
        assert "ports" not in _SERVICES[name]
        assert _SERVICES[name].get("networks", []) in ([], ["inside"])

    def test_publishes_the_api_on_loopback_only(self) -> None:
        assert all(port.startswith("127.0.0.1:") for port in _SERVICES["api"]["ports"])

    def test_keeps_the_servers_on_a_network_without_a_way_out(self) -> None:
        assert _COMPOSE["networks"]["inside"]["internal"] is True
        assert all(_SERVICES[name]["networks"] == ["inside"] for name in _SERVERS)

    def test_checks_the_health_of_all_that_stay(self) -> None:
        for name, service in _SERVICES.items():
            if service["restart"] != "no" and name != "api":  # the image checks the API
                assert service["healthcheck"]["test"][0] == "CMD", name

    def test_takes_secrets_from_the_env_file_only(self) -> None:
        text = (_DEPLOY / "compose.yaml").read_text()

        for value in re.findall(r"(?:PASSWORD|KEY|SECRET)\w*: *(\S+)", text):
            assert value.startswith("${"), value
        assert all(_SERVICES[name]["env_file"] == [".env"] for name in ("api", "worker", "migrate"))
        assert ".env" in (_DEPLOY / ".gitignore").read_text().splitlines()

    def test_names_a_version_of_every_image(self) -> None:
        for name, service in _SERVICES.items():
            if name not in ("api", "worker", "migrate"):
                assert re.search(r":v?[0-9]+(\.[0-9]+)*$", service["image"]), name

    def test_sends_no_usage_reports(self) -> None:
        assert "--no-analytics" in _SERVICES["meilisearch"]["command"]

    def test_gives_a_worker_time_for_its_tasks(self) -> None:
        assert _SERVICES["worker"]["stop_grace_period"] == "70s"


class TestDockerfile:
    def test_ends_as_an_ordinary_account(self) -> None:
        users = re.findall(r"^USER (\d+):(\d+)$", _DOCKERFILE.split("\nFROM ")[-1], re.MULTILINE)

        assert len(users) == 1
        assert all(int(number) >= 10_000 for number in users[0])

    def test_installs_by_hash_and_names_its_base(self) -> None:
        assert "pip install --require-hashes -r requirements/runtime.txt" in _DOCKERFILE
        assert set(re.findall(r"^FROM (\S+)", _DOCKERFILE, re.MULTILINE)) == {"python:3.12-slim"}

    def test_needs_no_shell_to_run(self) -> None:
        final = _DOCKERFILE.split("\nFROM ")[-1]

        assert "\nRUN " not in final
        assert re.search(r'^ENTRYPOINT \["weizhi"\]$', final, re.MULTILINE)
        assert re.search(r'HEALTHCHECK .* CMD \["python"', final)
        assert "/livez" in final

    def test_copies_nothing_that_is_not_named(self) -> None:
        lines = (HERE / ".dockerignore").read_text().splitlines()
        named = [line[1:] for line in lines if line.startswith("!")]

        assert "*" in lines
        assert all((HERE / path).exists() for path in named)
        assert not any(path.startswith((".git", "deploy", "tests")) for path in named)
