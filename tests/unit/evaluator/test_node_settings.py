"""What a node reads from its environment, and how it says what is wrong there."""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest

from evaluator.container import GB
from evaluator.node import gpus
from evaluator.node.errors import SettingsError
from evaluator.node.machine.state_folder import lock_folder
from evaluator.node.settings import Settings

NEEDED = {
    "NODE_URL": "https://terminarium.example",
    "NODE_TOKEN": "token",
    "NODE_BROKER_URL": "redis://:password@broker/0",
}


def read(**changes):
    return Settings.from_environment(NEEDED | changes)


def test_three_variables_are_enough():
    settings = read()

    assert settings.url == "https://terminarium.example"
    assert (settings.token, settings.gpus, settings.runtime) == ("token", (), None)
    assert (settings.cpus, settings.memory, settings.grace) == (None, None, 0)
    assert settings.image_budget == 200 * GB
    assert settings.patience == 30 * 60  # seconds
    assert read(NODE_PATIENCE="0").patience == 0


def test_all_of_them_are_read(tmp_path):
    (tmp_path / "token").write_text("from-a-file\n")
    environment = NEEDED | {
        "NODE_URL": "http://localhost:8000/",
        "NODE_TOKEN_FILE": str(tmp_path / "token"),
        "NODE_GPUS": "0, GPU-4f1e,MIG-1",
        "NODE_RUNTIME": "runsc",
        "NODE_IMAGE_BUDGET": "50G",
        "NODE_STATE_DIR": str(tmp_path),
        "NODE_CPUS": "4",
        "NODE_MEMORY": "34359738368",
        "NODE_GRACE": "2.5",
        "NODE_PATIENCE": "90",
    }
    del environment["NODE_TOKEN"]

    settings = Settings.from_environment(environment)

    assert settings == Settings(
        url="http://localhost:8000",
        token="from-a-file",
        broker_url="redis://:password@broker/0",
        gpus=("0", "GPU-4f1e", "MIG-1"),
        runtime="runsc",
        image_budget=50 * GB,
        state_dir=tmp_path,
        cpus=4,
        memory=32 * GB,
        grace=2.5,
        patience=90,
    )


def test_secrets_are_not_printed():
    printed = repr(read(NODE_TOKEN="a-secret"))

    assert "a-secret" not in printed
    assert "password" not in printed


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("NODE_URL", "", "NODE_URL is not set. Write into it the platform's address: https://"),
        ("NODE_TOKEN", " ", "NODE_TOKEN is not set"),
        ("NODE_BROKER_URL", "", "NODE_BROKER_URL is not set"),
        ("NODE_URL", "terminarium.example", "NODE_URL is 'terminarium.example'; write"),
        ("NODE_URL", "ftp://terminarium.example", "https://terminarium.example"),
        ("NODE_URL", "https://", "https://terminarium.example"),
        ("NODE_URL", "https://host:port", "https://terminarium.example"),
        ("NODE_URL", "https://host/shared-task", "without a path"),
        ("NODE_URL", "https://user:secret@host", "without a path, a user"),
        ("NODE_TOKEN", "two words", "NODE_TOKEN holds characters"),
        ("NODE_TOKEN", "töken", "NODE_TOKEN holds characters"),
        ("NODE_TOKEN_FILE", "/nowhere", "Both NODE_TOKEN and NODE_TOKEN_FILE are set"),
        ("NODE_BROKER_URL", "localhost:6379", "NODE_BROKER_URL is no address"),
        ("NODE_GPUS", "0,0", "(each once)"),
        ("NODE_GPUS", "0,,1", "NODE_GPUS is '0,,1'"),
        ("NODE_GPUS", "0;rm", "NODE_GPUS is"),
        ("NODE_RUNTIME", "run sc", "such as runsc"),
        ("NODE_IMAGE_BUDGET", "0", "such as 200G"),
        ("NODE_IMAGE_BUDGET", "much", "such as 200G"),
        ("NODE_IMAGE_BUDGET", "-1", "such as 200G"),
        ("NODE_CPUS", "0", "NODE_CPUS is '0'; write a whole number above 0."),
        ("NODE_CPUS", "1.5", "a whole number"),
        ("NODE_MEMORY", "٤", "NODE_MEMORY is"),
        ("NODE_GRACE", "-1", "a number of seconds"),
        ("NODE_GRACE", "nan", "a number of seconds"),
        ("NODE_GRACE", "inf", "a number of seconds"),
        ("NODE_PATIENCE", "-1", "a number of seconds"),
        ("NODE_PATIENCE", "soon", "a number of seconds"),
        ("NODE_PATIENCE", "1e999", "a number of seconds"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(variable, value, words):
    with pytest.raises(SettingsError) as raised:
        read(**{variable: value})

    assert words in str(raised.value)
    assert variable in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), (b"", "is empty"), (b"\xff\xfe", "it is not text")],
)
def test_a_file_of_a_secret_that_cant_be_read_is_named(tmp_path, content, words):
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SettingsError) as raised:
        read(NODE_TOKEN="", NODE_TOKEN_FILE=str(path))

    assert words in str(raised.value)
    assert f"NODE_TOKEN_FILE names {path}" in str(raised.value)


@pytest.mark.parametrize(
    ("url", "is_encrypted"),
    [
        ("https://terminarium.example", True),
        ("http://terminarium.example", False),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
    ],
)
def test_a_token_is_safe_with_tls_or_on_this_machine(url, is_encrypted):
    assert read(NODE_URL=url).is_encrypted is is_encrypted


def program(tmp_path, monkeypatch, script):
    path = tmp_path / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(gpus, "PROGRAM", str(path))


def test_all_gpus_are_those_that_nvidia_lists(tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, "echo 0; echo 1")

    assert read(NODE_GPUS="all").gpus == ("0", "1")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 0", "lists none"),
        ("echo No devices were found", "lists none"),
        ("echo no driver >&2; exit 9", "failed (no driver)"),
        (None, "is not here"),
    ],
)
def test_gpus_that_cant_be_listed_are_to_be_named(tmp_path, monkeypatch, script, words):
    monkeypatch.setattr(gpus, "PROGRAM", str(tmp_path / "nvidia-smi"))
    if script:
        program(tmp_path, monkeypatch, script)

    with pytest.raises(SettingsError) as raised:
        read(NODE_GPUS="all")

    assert words in str(raised.value)
    assert "NODE_GPUS=0,1" in str(raised.value)


def test_a_driver_that_hangs_is_not_waited_for(tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(gpus, "TIMEOUT", 0.1)

    with pytest.raises(SettingsError, match="timed out"):
        read(NODE_GPUS="all")


def test_the_folder_is_private_and_one_nodes_alone(tmp_path, monkeypatch):
    path = tmp_path / "new" / "state"

    with lock_folder(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        with pytest.raises(SettingsError, match="NODE_STATE_DIR"), lock_folder(path):
            pass
    with lock_folder(path):
        pass


def test_a_folder_that_cant_be_is_named_with_its_variable(tmp_path):
    (tmp_path / "file").touch()

    with (
        pytest.raises(SettingsError, match="name another one in NODE_STATE_DIR"),
        lock_folder(tmp_path / "file" / "state"),
    ):
        pass


def test_without_celery_the_command_says_what_to_install():
    program = (
        "import sys; sys.modules['celery'] = None\n"
        "from evaluator.cli import main; sys.exit(main(['node']))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr == "A node needs more packages:  pip install 'terminarium[node]'\n"
