"""An edition in the shape of WMT26: two domains, three modes and samples, sent and released."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.urls import reverse

from evaluator.checking import count_all_paragraphs
from sharedtasks import models, testsets
from sharedtasks.downloads import KINDS
from sharedtasks.policy import Thing
from submissions import hypotheses
from submissions.models import Entry
from submissions.pipeline.tasks import check
from tests.integration.announced import import_announced

pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).parents[1] / "data" / "wmt26_shaped"
DOMAINS = ("medical", "machine-building")
MODES = ("proper", "noterm", "random", "sample")


@pytest.fixture
def edition(phase):
    """The test sets by slot."""

    def make(domain, mode):
        gold = FOLDER / f"shaped.{domain}.enpl.track1.json"
        sample = FOLDER / f"sample.{domain}.enpl.json"
        with gold.open("rb") as source, sample.open("rb") as samples:
            return import_announced(
                phase=phase,
                source_language="en",
                target_language="pl",
                text_form=None,
                mode=mode,
                domain=domain,
                files=testsets.TestSetFiles(
                    source=source,
                    references=(),
                    names=(gold.name,),
                    samples=(samples, sample.name) if mode == "sample" else None,
                ),
            )

    test_sets = [make(domain, mode) for domain in DOMAINS for mode in MODES]
    return {test_set.slot: test_set for test_set in test_sets}


def read_gold(domain):
    return json.loads((FOLDER / f"shaped.{domain}.enpl.track1.json").read_text("utf-8"))


def list_secrets(gold):
    """Return what only annotators wrote: references, and forms that stand in no list."""
    paragraphs = [part for one in gold["documents"] for part in one["paragraphs"]]
    terms = [term for part in paragraphs for one in part["segments"] for term in one["terms"]]
    listed = {
        t for name in gold["glossary"] for term in gold["glossary"][name] for t in term["targets"]
    }
    secrets = {part["reference"] for part in paragraphs if part["reference"]}
    secrets |= {term[key] for term in terms for key in ("target", "target_inflected") if term[key]}
    samples = " ".join(one["source"] + one["target"] for one in gold["samples"])
    return {text for text in secrets - listed if not any(text in one for one in listed)}, samples


def test_pages_count_documents_paragraphs_and_terms(edition, client):
    for test_set in edition.values():
        is_random = test_set.mode == "random"
        assert (test_set.unit, test_set.documents) == ("document", 4)
        assert test_set.segments == 10  # those that are sent
        assert test_set.unscored_segments == (test_set.domain == "medical")  # without a reference
        # With samples there is no list: what is required stands in the gold data alone.
        assert test_set.terms == {"random": 4, "sample": 0}.get(test_set.mode, 8)
        assert is_random or test_set.required_terms == 20
        assert testsets.read(test_set).digest == test_set.digest
    page = client.get("/boards/spring/test/en-pl.machine-building.random").text
    assert "<dt>Paragraphs</dt><dd>10</dd>" in page
    assert "<h1>English → Polish, machine building, random terms</h1>" in page


def test_nothing_that_annotators_wrote_is_released(edition, client):
    kinds = [kind.name for kind in KINDS.values() if kind.thing == Thing.SOURCES]
    for test_set in edition.values():
        gold = read_gold(test_set.domain)
        secrets, samples = list_secrets(gold)
        written = {}
        for row in test_set.downloads.filter(kind__in=kinds):
            address = reverse("download", args=["spring", "test", test_set.slug, row.kind])
            written[row.kind] = b"".join(client.get(address)).decode()
        others = {kind: text for kind, text in written.items() if kind != "samples.jsonl"}
        told = "".join(others.values())

        assert len(secrets) > 10
        assert [text for text in secrets if text in told and text not in samples] == []
        assert "seen_as_sample" not in told
        for name, terms in gold["glossary"].items():
            gives = test_set.mode == name
            targets = {target for term in terms for target in term["targets"]}
            assert any(target in told for target in targets) == gives, (test_set.slot, name)
        assert ("samples.jsonl" in written) == (test_set.mode == "sample")


def test_released_documents_are_the_published_ones(edition, client):
    for test_set in edition.values():
        address = reverse("download", args=["spring", "test", test_set.slug, "source.json"])

        texts = json.loads(b"".join(client.get(address)))

        assert texts == json.loads(
            (FOLDER / f"text.{test_set.domain}.enpl.json").read_text("utf-8")
        )


def test_a_submission_finds_its_test_sets_and_fits(edition, make_submission, test_set):
    paths = sorted((FOLDER / "submissions").iterdir())
    submission = make_submission(files=[(path.name, path.read_bytes()) for path in paths])

    check.apply(args=[submission.pk], task_id="task-1")

    problems = [str(one.message) for one in submission.problems.filter(severity="error")]
    assert problems == []
    slots = {entry.test_set.slot for entry in Entry.objects.filter(submission=submission)}
    assert slots == {slot for slot, row in edition.items() if row.mode != "sample"}


def test_a_submission_with_too_few_paragraphs_is_told_what_is_missing(
    edition, make_submission, test_set
):
    [path] = (FOLDER / "submissions").glob("*.random.medical.*")
    texts = json.loads(path.read_text("utf-8"))
    texts[0] = texts[0].replace("\n\n", "\n")
    content = json.dumps(texts, ensure_ascii=False).encode()
    submission = make_submission(files=[(path.name, content)])

    check.apply(args=[submission.pk], task_id="task-1")

    [problem] = submission.problems.filter(severity="error")
    assert "paragraph" in problem.message
    assert not Entry.objects.filter(submission=submission).exists()


def test_stored_files_of_a_test_set_are_kept(edition):
    rows = models.TestSet.objects.filter(mode="sample")

    assert all(row.samples_file_id for row in rows)
    assert not models.TestSet.objects.exclude(mode="sample").filter(samples_file__isnull=False)


def test_a_team_gets_back_every_paragraph_that_it_sent_and_may_send_them_again(
    edition, make_submission, alices
):
    """An export without some paragraphs would show which of them no score counts."""
    paths = sorted((FOLDER / "submissions").glob("*.medical.*"))
    submission = make_submission(files=[(path.name, path.read_bytes()) for path in paths])
    check.apply(args=[submission.pk], task_id="task-1")
    entries = list(Entry.objects.filter(submission=submission).select_related("test_set"))
    assert len(entries) == 3

    exports = {}
    for entry in entries:
        answer = alices.get(f"/entries/{entry.pk}/hypotheses.jsonl")
        rows = [json.loads(row) for row in b"".join(answer).decode().splitlines()]
        exports[entry.test_set.slot] = "".join(json.dumps(row) + "\n" for row in rows)
        whole = count_all_paragraphs(testsets.read(entry.test_set)).segments
        assert [(row["doc"], row["id"]) for row in rows] == [(s.document, s.id) for s in whole]
        assert len(hypotheses.load(entry).texts) == len(whole) - 1 == entry.test_set.segments - 1
    again = make_submission(
        files=[(f"again.{slot}.jsonl", text.encode()) for slot, text in exports.items()]
    )
    check.apply(args=[again.pk], task_id="task-2")

    stored = {entry.test_set.slot: entry.hypotheses_id for entry in entries}
    same = Entry.objects.filter(submission=again).select_related("test_set")
    assert {entry.test_set.slot: entry.hypotheses_id for entry in same} == stored


def test_pages_show_how_many_paragraphs_to_send_and_none_how_many_count(edition, client, alices):
    """Nor is a document without any scored paragraph left out of the count."""
    medical = [test_set for test_set in edition.values() if test_set.domain == "medical"]
    models.TestSet.objects.filter(pk__in=[row.pk for row in medical]).update(
        segments=48, unscored_segments=5, documents=7
    )
    pages = {
        "overview": client.get(reverse("shared-task", args=["spring"])).text,
        "data": client.get(reverse("task-data", args=["spring"])).text,
        "how-to": client.get(reverse("task-how-to-submit", args=["spring"])).text,
        "submit": alices.get(reverse("submit", args=["spring", "test"])).text,
        "board": client.get(medical[0].get_absolute_url()).text,
    }

    assert pages["overview"].count('48<br><span class="tag">paragraphs</span>') == len(medical)
    assert pages["data"].count("48 paragraphs") == len(medical)
    assert "send every paragraph" in pages["how-to"]
    assert pages["submit"].count("7 documents, 48 paragraphs") == len(medical)
    assert "<dt>Paragraphs</dt><dd>48</dd>" in pages["board"]
    for name, text in pages.items():
        words = re.sub(r"<[^>]*>", " ", text)
        assert not re.search(r"\b43\b", words), name
        assert not re.search(r"\b5 (?:of|paragraph)", words), name
