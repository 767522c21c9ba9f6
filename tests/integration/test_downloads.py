"""What participants download: headers, conditional requests, contents, the phase's zip."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO, StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

import evaluator
from evaluator.cli import main
from files.models import StoredFile
from sharedtasks import downloads, models, phase_zip, testsets
from sharedtasks.downloads import KINDS
from sharedtasks.policy import Thing
from tests.integration.actors import OPERATOR
from tests.integration.announced import import_announced
from tests.integration.samples import REFERENCE, SOURCE

pytestmark = pytest.mark.django_db

# In every reference of these test sets, and in every annotation; in no source, in no term list.
MARKER = "zweitausend"
TERMS = b"doctor\tdocteur|m\xc3\xa9decin\nmeal\trepas\n"
MARKED_SOURCE = SOURCE.replace('tgt="', f'tgt="{MARKER}|')
MARKED_REFERENCE = REFERENCE.replace(" . </seg>", f" {MARKER} . </seg>").replace(
    'tgt="', f'tgt="{MARKER}|'
)
ROWS = [
    {"id": "1", "doc": "a", "source": "Call a doctor.", "references": [f"Appelez {MARKER}."]},
    {"id": "2", "doc": "a", "source": "After a meal.", "references": [f"Après {MARKER}."]},
]
JSONL = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
TSV = "id\tdoc\tsource\ttarget\n" + "".join(
    f"{row['id']}\t{row['doc']}\t{row['source']}\t{row['references'][0]}\n" for row in ROWS
)
XML = f"""\
<dataset id="x"><doc id="a" origlang="en">
<src lang="en"><p><seg id="1">Call a doctor.</seg></p></src>
<ref lang="fr" translator="A"><p><seg id="1">Appelez {MARKER}.</seg></p></ref>
</doc></dataset>
"""
FORMATS = {"sgml": [MARKED_SOURCE, MARKED_REFERENCE], "jsonl": [JSONL], "tsv": [TSV], "xml": [XML]}
FOR_ALL = [kind.name for kind in KINDS.values() if kind.thing == Thing.SOURCES]
# What a test set of segments in the mode proper has, with a term list for all of it.
USUAL = [name for name in FOR_ALL if name not in ("source.json", "segment-terms.jsonl",
         "samples.jsonl")]  # fmt: skip


@pytest.fixture
def import_files(phase):
    """Import a test set in one of FORMATS, with a terminology."""

    def make(name, **options):
        source, *references = [BytesIO(text.encode()) for text in FORMATS[name]]
        values = {"source_language": "en", "target_language": "fr", "text_form": "raw"}
        return import_announced(
            phase=phase,
            files=testsets.TestSetFiles(
                source,
                tuple(references),
                names=("source", "reference")[: 1 + len(references)],
                terminologies=((BytesIO(TERMS), "terms.tsv"),),
            ),
            **(values | options),
        )

    return make


def address(kind, test_set="en-fr"):
    return reverse("download", args=["spring", "test", test_set, kind])


def body(response):
    return b"".join(response).decode()


@pytest.mark.parametrize("kind", USUAL)
def test_a_download_is_an_attachment_under_a_stable_name(kind, import_files, client):
    import_files("sgml")

    response = client.get(address(kind))

    stored = models.TestSetDownload.objects.get(kind=kind).file
    assert len(b"".join(response)) == stored.size == int(response.headers["Content-Length"])
    assert response.headers["Content-Disposition"] == (
        f'attachment; filename="spring.test.en-fr.{kind}"'
    )
    assert response.headers["Content-Type"] == KINDS[kind].content_type
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["ETag"] == f'"{stored.sha256}"'
    assert response.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("path", [address("source.txt"), "/tasks/spring/test/data.zip"])
def test_who_has_it_is_told_so(path, import_files, client, monkeypatch):
    import_files("sgml")
    first = client.get(path)
    b"".join(first)
    monkeypatch.setattr(phase_zip, "pack", lambda _: pytest.fail("nothing needs to be packed"))

    second = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert second.status_code == 304
    assert second.content == b""
    assert second.headers["ETag"] == first.headers["ETag"]
    assert second.headers["Cache-Control"] == "private, no-cache"


def test_who_has_another_one_gets_this_one(import_files, client):
    import_files("sgml")

    response = client.get(address("source.txt"), headers={"If-None-Match": '"0"'})

    assert response.status_code == 200
    assert body(response).count("\n") == 4


@pytest.mark.parametrize("mode", ["proper", "noterm", "random"])
@pytest.mark.parametrize("name", FORMATS)
def test_nothing_for_participants_was_made_from_a_reference(name, mode, import_files, client):
    test_set = import_files(name, mode=mode)
    assert MARKER in testsets.read(test_set).segments[0].references[0]

    for row in test_set.downloads.filter(kind__in=FOR_ALL):
        text = body(client.get(address(row.kind, test_set.slug)))
        assert MARKER not in text
        assert "src_original" not in text
        assert "tgt=" not in text
    with zipfile.ZipFile(BytesIO(b"".join(client.get("/tasks/spring/test/data.zip")))) as archive:
        assert not any(MARKER.encode() in archive.read(name) for name in archive.namelist())


def test_a_mode_without_terms_has_no_terminology_to_download(import_files, client):
    test_set = import_files("tsv", mode="noterm")

    kinds = set(test_set.downloads.values_list("kind", flat=True))

    assert not kinds & {"terms.tsv", "terms.jsonl"}
    assert client.get(address("terms.tsv", test_set.slug)).status_code == 404
    assert "docteur" not in body(client.get(address("source.jsonl", test_set.slug)))


def test_a_system_is_told_the_terms_of_the_terminology_alone(import_files, client):
    import_files("sgml")  # whose own annotations are of other terms

    rows = [json.loads(row) for row in body(client.get(address("source.jsonl"))).splitlines()]

    assert [[term["source"] for term in row["terms"]] for row in rows] == [
        [], ["doctor"], ["meal"], [],
    ]  # fmt: skip


def test_files_that_are_made_again_are_the_same(import_files):
    test_set = import_files("jsonl")
    before = list(test_set.downloads.values_list("kind", "file__sha256", "position"))
    said = StringIO()

    call_command("make_downloads", stdout=said)

    assert list(test_set.downloads.values_list("kind", "file__sha256", "position")) == before
    assert "en-fr (Spring edition – Test phase): 8 files." in said.getvalue()


def test_a_test_set_of_an_earlier_version_gets_its_files_made(import_files, client):
    import_files("jsonl").downloads.all().delete()
    assert client.get(address("source.txt")).status_code == 404

    call_command("make_downloads", stdout=StringIO())

    assert body(client.get(address("source.txt"))) == "Call a doctor.\nAfter a meal.\n"


def test_files_that_would_be_too_large_refuse_the_test_set(import_files, monkeypatch):
    monkeypatch.setattr(downloads, "MAX_DOWNLOAD_BYTES", 100)

    with pytest.raises(evaluator.TestSetError, match="would have more than 100 bytes"):
        import_files("jsonl")

    assert not models.TestSetDownload.objects.exists()


def test_ids_that_sgml_can_not_hold_leave_that_format_out(phase):
    rows = '{"id": "1", "source": "a", "references": ["b"]}\n'
    test_set = testsets.import_test_set(
        actor=OPERATOR,
        phase=phase,
        source_language="en",
        target_language="fr",
        text_form="raw",
        files=testsets.TestSetFiles(BytesIO(rows.encode()), (), ("rows",)),
    ).test_set

    kinds = list(test_set.downloads.values_list("kind", flat=True))

    assert kinds == [
        "source.txt", "source.tsv", "source.jsonl", "references.tsv", "references.jsonl",
    ]  # fmt: skip


def test_the_zip_holds_sources_and_terms_of_all_test_sets(import_files, client):
    import_files("sgml")
    import_files("tsv", mode="noterm")

    response = client.get("/tasks/spring/test/data.zip")

    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"] == 'attachment; filename="spring.test.zip"'
    content = b"".join(response)
    assert len(content) == int(response.headers["Content-Length"])
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert archive.namelist() == [
            *(f"spring.test.en-fr.{kind}" for kind in USUAL),
            *(f"spring.test.en-fr.noterm.{kind}" for kind in USUAL if "terms" not in kind),
        ]
        assert archive.testzip() is None
        source = archive.read("spring.test.en-fr.source.txt").decode()
    assert source.splitlines()[0] == "the vaccine is given in two doses ."


def test_the_zip_is_the_same_each_time(import_files, client):
    import_files("sgml")

    first, second = (client.get("/tasks/spring/test/data.zip") for _ in range(2))

    assert b"".join(first) == b"".join(second)
    assert first.headers["ETag"] == second.headers["ETag"]


def test_another_test_set_is_another_zip(import_files, client):
    import_files("sgml")
    before = client.get("/tasks/spring/test/data.zip")
    b"".join(before)
    import_files("tsv", mode="noterm")

    after = client.get("/tasks/spring/test/data.zip", headers={"If-None-Match": before["ETag"]})

    assert after.status_code == 200
    assert b"".join(after)


def test_files_count_as_referred_to(import_files):
    test_set = import_files("jsonl")
    file = test_set.downloads.get(kind="source.txt").file

    assert StoredFile.objects.filter(download_of__isnull=False, pk=file.pk).exists()


def test_a_participant_checks_a_file_with_what_was_downloaded(import_files, client, tmp_path):
    import_files("sgml")
    source = tmp_path / "spring.test.en-fr.source.jsonl"
    source.write_text(body(client.get(address("source.jsonl"))))
    ours = tmp_path / "ours.en-fr.txt"
    ours.write_text("un\ndeux\ntrois\nquatre\n")

    status = main(
        [
            "validate", "--source", str(source), "--source-language", "en",
            "--target-language", "fr", "--text-form", "raw", "--hypotheses", str(ours),
        ]
    )  # fmt: skip

    assert status == 0
