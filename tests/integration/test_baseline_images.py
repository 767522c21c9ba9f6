"""`make images` builds the baselines, and each does what it says in its container."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from evaluator.container import MB, Limits, Outcome, Setting, run, system_inputs
from evaluator.container.sample_sentences import make_sample
from evaluator.formats import read_terminologies, read_test_set
from evaluator.scoring import score
from evaluator.types import Hypotheses
from tests.conftest import give_up

LIMITS = Limits(memory=256 * MB, tmp=16 * MB, shared_memory=16 * MB)
PAIRS = ["en-fr", "en-zh", "en-ru", "en-ko", "cs-de"]


@pytest.fixture(scope="session")
def built(root, engine_address, session_images, python_base):
    """Build all baselines once, as `make images` does."""
    if shutil.which("docker") is None:
        give_up("needs the docker command")
    subprocess.run(
        ["make", "images", f"BASE={python_base}"],
        cwd=root,
        env=os.environ | {"DOCKER_HOST": engine_address, "DOCKER_BUILDKIT": "0"},
        check=True,
        capture_output=True,
        timeout=300,
    )
    for name in ("copy-source", "dictionary", "statistical"):
        session_images.keep_track_of(f"terminarium-{name}")


@pytest.fixture
def translate(built, images, engine_address):
    def translate(name, test_set):
        setting = Setting(test_set.source_language, test_set.target_language, "terms")
        return run(
            f"terminarium-{name}",
            system_inputs(test_set),
            setting,
            LIMITS,
            address=engine_address,
            quote=True,
        )

    return translate


def demo(root, pair):
    """Return a test set of the demo, with its terminology."""
    source, target = pair.split("-")
    languages = {"source_language": source, "target_language": target}
    folder = root / "platform" / "demo" / "data"
    with (
        (folder / f"{pair}.terms.tsv").open("rb") as terms,
        (folder / f"{pair}.tsv").open("rb") as rows,
    ):
        terminology = read_terminologies([(terms, "terms")], **languages).terminology
        return read_test_set(source=rows, text_form="raw", terminology=terminology, **languages)


def test_copy_source_copies(translate):
    result = translate("copy-source", make_sample("en", "fr"))

    assert (result.outcome, result.problems) == (Outcome.OK, ())
    assert result.translations == tuple(s.source for s in make_sample("en", "fr").segments)


def test_the_dictionary_replaces_terms_by_their_first_target_longest_first(translate):
    result = translate("dictionary", make_sample("en", "fr"))

    assert result.outcome is Outcome.OK
    assert result.translations[0] == (
        "Measure your tension artérielle twice a day before you take a comprimé."
    )
    assert result.translations[3].startswith("The vaccin must be stored at 2 to 8 °C & kept")


@pytest.mark.parametrize("pair", PAIRS)
def test_the_statistical_one_translates_and_keeps_to_the_terms(root, translate, pair):
    test_set = demo(root, pair)

    result = translate("statistical", test_set)

    assert (result.outcome, result.message) == (Outcome.OK, result.message), result.log
    hypotheses = Hypotheses(result.translations, result.lines)
    found = {one.metric: one.value for one in score(test_set, hypotheses).scores}
    copied = Hypotheses(tuple(segment.source for segment in test_set.segments))
    floor = {one.metric: one.value for one in score(test_set, copied).scores}
    assert found["term-success"] > 95
    assert found["bleu"] > 5 + floor["bleu"]
    assert found["chrf"] > 5 + floor["chrf"]


def test_the_statistical_one_says_which_pairs_it_does_not_do(translate):
    assert translate("statistical", make_sample("en", "ja")).outcome is Outcome.UNSUPPORTED
