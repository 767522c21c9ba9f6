"""`terminarium run` from the outside, on a real engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from evaluator.cli import main
from tests.containers import COPY

SMALL = ["--memory=0.25", "--tmp=0.03", "--cpus=1"]
HEADER = "seg_id\ttuid\tsource\ttarget\n"
ROWS = (
    HEADER
    + "1\tleaflet:1\tTake the tablet.\tPrenez le comprimé.\n"
    + ("2\tleaflet:2\tCall us.\tAppelez-nous.\n")
)


@pytest.fixture
def terminarium(engine_address, images, monkeypatch, capsys):
    monkeypatch.setenv("DOCKER_HOST", engine_address)

    def terminarium(image, *options):
        pair = [] if "--language-pair=de-fr" in options else ["--language-pair=en-fr"]
        status = main(["run", image, *SMALL, *pair, *map(str, options)])
        written = capsys.readouterr()
        return status, written.out, written.err

    return terminarium


def test_the_sample_is_run_and_its_translations_are_printed(terminarium, images):
    status, out, err = terminarium(images.make(COPY), "--sample")

    assert status == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["id"] for row in rows][:2] == ["leaflet:1", "leaflet:2"]
    assert rows[4] == {
        "id": "notice:5",
        "doc": "notice",
        "translation": "“Side effects < 1 %” means: fewer than one patient in a hundred.",
    }
    assert "ok: All 5 segments have a translation." in err


def test_with_references_it_prints_scores_and_writes_what_can_be_sent(
    terminarium, images, tmp_path, capsys
):
    (tmp_path / "dev.tsv").write_text(ROWS)
    (tmp_path / "terms.tsv").write_text("tablet\tcomprimé\n")
    files = [f"--segments={tmp_path}/dev.tsv", f"--terminology={tmp_path}/terms.tsv"]
    output, log = tmp_path / "ours.jsonl", tmp_path / "log"
    script = f"echo working >&2; {COPY} | sed 's/tablet/comprimé/'"

    status, out, err = terminarium(
        images.make(script), *files, f"--output={output}", f"--log={log}", "--json"
    )
    sent = ["--source-language=en", "--target-language=fr", f"--hypotheses={output}"]
    accepted = main(["validate", f"--source={tmp_path}/dev.tsv", *sent])

    assert (status, accepted) == (0, 0), err
    scores = {score["metric"]: score["value"] for score in json.loads(out)["systems"][0]["scores"]}
    assert scores["term-success"] == 100.0
    assert log.read_text() == "working\n"
    assert output.read_text().splitlines()[1] == (
        '{"id": "2", "doc": "leaflet", "translation": "Call us."}'
    )


def test_scores_that_cant_be_are_explained_as_by_score(terminarium, images, tmp_path):
    (tmp_path / "dev.tsv").write_text(ROWS)
    output = tmp_path / "ours.jsonl"

    status, _, err = terminarium(
        images.make(COPY),
        f"--segments={tmp_path}/dev.tsv",
        "--metrics=term-success",
        f"--output={output}",
    )

    assert status == 1
    assert "No score for term-success: the test set lacks a terminology" in err
    assert len(output.read_text().splitlines()) == 2  # what it cost to make is kept


def test_segments_without_references_are_translated(terminarium, images, tmp_path):
    (tmp_path / "test.tsv").write_text("id\tsource\n1\tTake the tablet.\n")

    status, out, err = terminarium(images.make(COPY), f"--segments={tmp_path}/test.tsv")

    assert status == 0, err
    assert json.loads(out) == {"id": "1", "doc": "", "translation": "Take the tablet."}


def test_the_mode_none_tells_of_no_term(terminarium, images):
    image = images.make(f"tee /dev/stderr | grep -q targets && exit 9; {COPY}")

    status, _, err = terminarium(image, "--sample", "--mode=none")

    assert status == 1
    assert "0 of 5 segments" in err
    assert '"terms": []' in err
    assert '"targets"' not in err


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'Traceback: no model' >&2; exit 3", ["crashed:", "status 3", "log: Traceback"]),
        (f"echo hello; {COPY}", ["bad_output:", "standard output:1: ", "The line reads: hello"]),
        ("sleep 60", ["timeout:", "had not ended after 1 s"]),
        ("tail /dev/zero", ["out_of_memory:", "more than its 256 MB"]),
        ("exit 64", ["unsupported:", "does not do this language pair"]),
        ("printf '\\033[31mred\\n' >&2; exit 1", ["log: red"]),
    ],
)
def test_a_run_that_fails_says_why(terminarium, images, script, words):
    limit = 1 if "after 1 s" in words[-1] else 60  # seconds, enough to run out of memory

    status, out, err = terminarium(images.make(script), "--sample", f"--time-limit={limit}")

    assert (status, out) == (1, "")
    assert all(word in err for word in words), err


def test_an_image_that_is_not_there_is_named_with_a_remedy(terminarium):
    status, _, err = terminarium("no-such-image", "--sample")

    assert status == 1
    assert "the engine has no image 'no-such-image'. Build, load or pull it first." in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sample", "--language-pair=de-fr"], "the sample is there in en and cs alone"),
        (["--sample", "--reference=x"], "the sample has no references"),
    ],
)
def test_wrong_usage_is_status_2(terminarium, options, words):
    status, _, err = terminarium("any", *options)

    assert status == 2
    assert words in err


@pytest.mark.parametrize(
    "options",
    [[], ["--sample", "--segments=x"], ["--sample", "--memory=0"], ["--sample", "--cpus=x"]],
)
def test_options_that_cant_be_are_status_2(terminarium, options):
    with pytest.raises(SystemExit) as end:
        terminarium("any", *options)

    assert end.value.code == 2


def test_an_output_that_cant_be_written_is_said_before_the_run(terminarium, tmp_path):
    status, _, err = terminarium("no-such-image", "--sample", f"--output={tmp_path}/no/such/file")

    assert status == 1
    assert "it can't be written (No such file or directory)." in err
    assert "no image" not in err


def test_no_engine_is_said_plainly(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")

    status = main(["run", "any", "--sample", "--target-language=fr"])

    assert status == 1
    err = capsys.readouterr().err
    assert err.startswith(f"No Docker engine answers at unix://{tmp_path}/none.sock (No such file")
    assert "DOCKER_HOST" in err


@pytest.mark.parametrize("address", ["ssh://somewhere", "https://somewhere:2376", "npipe:////./x"])
def test_an_address_that_cant_be_used_is_said_plainly(monkeypatch, capsys, address):
    monkeypatch.setenv("DOCKER_HOST", address)

    assert main(["run", "any", "--sample", "--target-language=fr"]) == 1
    assert "only sockets of the kinds unix:// and tcp://" in capsys.readouterr().err


def test_a_missing_sdk_is_said_plainly(root, tmp_path):
    # Without site-packages but with the repository's folder docker/ on the path.
    script = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'docker': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "from evaluator.cli import main\n"
        "sys.exit(main(['run', 'any', '--sample', '--target-language=fr']))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 1
    assert "pip install 'docker>=7.1,<8'" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_without_leaving_a_container(root, engine_address, images, number):
    image = images.make("sleep 600")
    process = subprocess.Popen(
        [sys.executable, "-m", "evaluator", "run", image, "--sample", "--target-language=fr"],
        cwd=root,
        env=os.environ | {"DOCKER_HOST": engine_address},
    )
    deadline = time.monotonic() + 120
    while not images.client.containers(filters={"label": "terminarium"}):
        assert time.monotonic() < deadline
        time.sleep(0.1)

    process.send_signal(number)

    assert process.wait(60) == 128 + number
