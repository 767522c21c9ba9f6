"""What the environment says of mail, cache and providers, as an operator meets it at the start."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from accounts.system_checks import mails_arrive

GITHUB = {"SOCIAL_GITHUB_CLIENT_ID": "site", "SOCIAL_GITHUB_SECRET": "secret"}


OURS = ("EMAIL_", "SOCIAL_", "CACHE_", "DEBUG", "DEMO", "DATABASE_")


@pytest.fixture
def read_settings(monkeypatch, tmp_path, root):
    """Return a function that reads the settings of an installation with these variables."""

    def read(**variables):
        for name in os.environ:
            if name.startswith(OURS):
                monkeypatch.delenv(name)
        environment = {"STATE_DIR": str(tmp_path), "SECRET_KEY": "only-for-tests"} | variables
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return SimpleNamespace(**runpy.run_path(root / "platform/config/settings.py"))

    return read


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({}, ("none", 587, "DatabaseCache", [], [])),
        ({"DEBUG": "true"}, ("folder", 587, "DatabaseCache", [], [])),
        ({"DEMO": "true"}, ("folder", 587, "DatabaseCache", [], [])),
        ({"EMAIL_HOST": "mail.example"}, ("smtp", 587, "DatabaseCache", [], [])),
        (
            {"EMAIL_HOST": "mail.example", "EMAIL_SECURITY": "tls"},
            ("smtp", 465, "DatabaseCache", [], []),
        ),
        ({"CACHE_URL": "redis://127.0.0.1/1"}, ("none", 587, "RedisCache", [], [])),
        (GITHUB, ("none", 587, "DatabaseCache", ["github"], ["https://github.com"])),
    ],
)
def test_the_environment_decides(read_settings, variables, shown):
    found = read_settings(**variables)

    cache = found.CACHES["default"]["BACKEND"].rpartition(".")[2]
    providers = list(found.SOCIALACCOUNT_PROVIDERS)
    form_actions = found.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"][1:]
    assert (found.EMAIL_DELIVERY, found.EMAIL_PORT, cache, providers, form_actions) == shown


@pytest.mark.parametrize(
    ("variables", "is_installed"),
    [({}, False), ({"DEBUG": "true"}, False), ({"DEMO": "no"}, False), ({"DEMO": "true"}, True)],
)
def test_only_its_variable_installs_the_demo(read_settings, variables, is_installed):
    assert ("demo" in read_settings(**variables).INSTALLED_APPS) == is_installed


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"EMAIL_DELIVERY": "smtp"}, "name the server in EMAIL_HOST"),
        ({"EMAIL_SECURITY": "ssl"}, "choose one of starttls, tls, none"),
        ({"CACHE_URL": "memcached://x"}, "CACHE_URL has to be database://"),
        (
            {"SOCIAL_ORCID_SECRET": "x"},
            "Set both of SOCIAL_ORCID_CLIENT_ID and SOCIAL_ORCID_SECRET",
        ),
        ({"PROXY_COUNT": "-1"}, "PROXY_COUNT is -1"),
        ({"DATABASE_URL": "mysql://u:p@h/x"}, "DATABASE_URL has to begin with postgresql://"),
        ({"DATABASE_URL": "mssql://u:p@h/x"}, "DATABASE_URL has to begin with postgresql://"),
        ({"SECURITY_CONTACT": "security"}, "SECURITY_CONTACT is 'security'"),
        ({"NODES_BROKER_URL": "filesystem://"}, "has to begin with filesystem:///"),
        ({"NODES_BROKER_URL": "filesystem://folder"}, "has to begin with filesystem:///"),
        ({"NODES_BROKER_URL": "kafka://broker"}, "has to begin with filesystem:///"),
    ],
)
def test_what_makes_no_sense_stops_the_start_by_its_name(read_settings, variables, words):
    with pytest.raises(ImproperlyConfigured, match=re.escape(words)):
        read_settings(**variables)


def test_a_secret_may_stand_in_a_file(read_settings, tmp_path):
    file = tmp_path / "secret"
    file.write_text("from a file\n")

    found = read_settings(SOCIAL_GOOGLE_CLIENT_ID="site", SOCIAL_GOOGLE_SECRET_FILE=str(file))

    assert found.SOCIALACCOUNT_PROVIDERS["google"]["APPS"][0]["secret"] == "from a file"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "Mails go nowhere: nobody can sign up"),
        ({"EMAIL_DELIVERY": "folder"}, "nobody gets them"),
    ],
)
def test_mails_that_reach_nobody_are_told_at_the_start(tmp_path, root, variables, words):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    own = {"STATE_DIR": str(tmp_path), "SECRET_KEY": "only-for-tests"}
    done = subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        cwd=root,
        env=clean | own | {"DJANGO_SETTINGS_MODULE": "config.settings"} | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert words in done.stderr


@pytest.mark.parametrize(
    ("delivery", "is_demo", "warnings"),
    [("none", False, 1), ("folder", False, 1), ("folder", True, 0), ("smtp", False, 0)],
)
def test_only_mails_that_reach_nobody_are_a_matter(settings, delivery, is_demo, warnings):
    settings.EMAIL_DELIVERY, settings.DEMO = delivery, is_demo

    assert len(mails_arrive(None)) == warnings


@pytest.mark.django_db
def test_an_organiser_made_by_the_command_has_an_address(monkeypatch, capsys):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a long pass phrase")
    options = {"interactive": False, "username": "olga"}

    with pytest.raises(CommandError, match="nobody signs in without one"):
        call_command("createsuperuser", email="", **options)
    call_command("createsuperuser", email="Olga@Tests.example", **options)

    address = EmailAddress.objects.get(user__username="olga")
    assert (address.email, address.verified, address.primary) == ("olga@tests.example", True, True)
