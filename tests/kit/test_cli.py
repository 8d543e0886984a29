"""The command tells what a person can mend in a line, without a traceback."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("command", "setting", "value", "told"),
    [
        ("run", "PORT", "99999", "PORT: Input should be less than or equal to 65535"),
        ("migrate", "WEIZHI_DATABASE_URL", "mysql://u:secret@x/y", "WEIZHI_DATABASE_URL: Value error, must start with"),
        ("tasks", "WEIZHI_TASK_LEASE_SECONDS", "soon", "WEIZHI_TASK_LEASE_SECONDS: Input should be a valid number"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(command: str, setting: str, value: str, told: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "app.cli", command],
        env={**os.environ, setting: value, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"weizhi: {told}")
    assert "Traceback" not in ran.stderr
    assert "secret" not in ran.stderr


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("WEIZHI_RATE_LIMITS", "off", "must be on when WEIZHI_ENV=production"),
        ("WEIZHI_OAUTH_PASSWORD_GRANT", "on", "must be off when WEIZHI_ENV=production"),
    ],
)
@pytest.mark.parametrize("command", ["api", "worker", "run"])
def test_production_refuses_what_is_for_tests_alone(command: str, setting: str, value: str, told: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "app.cli", command],
        env={**os.environ, "WEIZHI_ENV": "production", setting: value, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr == f"weizhi: {setting}: Value error, {told}\n"
