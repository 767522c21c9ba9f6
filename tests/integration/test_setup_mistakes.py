"""Deliberate mistakes in setting a shared task up: each answer names the place and the remedy."""

from __future__ import annotations

import gzip

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sharedtasks import models

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_quiet")]

HEAD = "id\tdoc\tsource\ttarget\n"
ROWS = ["1\ta\tThe vaccine is safe.\tLe vaccin est sûr.\n", "2\ta\tNo fever.\tPas de fièvre.\n"]
SOURCE = HEAD + "".join(ROWS)


def file(name, content):
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())


def source(content, name="source.tsv"):
    return {"source": file(name, content)}


def terms(content, name="terms.csv"):
    return {"terminologies": [file(name, content)]}


# What is sent besides or in place of what is right; the place (a field, or a file and line), and
# the remedy. A file's line is quoted.
OF_TEST_SETS = [
    ({"source": ""}, "source", "Choose a file."),
    (source(""), "source", "This file is empty. Choose the file that holds the text."),
    (source(HEAD), "source.tsv", "Give the file with the sources."),
    (source(HEAD + "1\ta\n"), "source.tsv, line 2", "Write one row a line, and no tab"),
    (source(HEAD + "1\ta\n"), "source.tsv, line 2", "1⇥a"),
    (source(SOURCE + ROWS[1]), "source.tsv, line 4, segment 2", "Give it its own."),
    (source(SOURCE.replace("Pas de fièvre.", "")), "source.tsv, line 3, segment 2",
     "Translate it or remove the segment."),
    (source(SOURCE.encode("latin-1")), "source.tsv, line 2", "Save the file as UTF-8."),
    (source("%PDF-1.4 \0", "source.pdf"), "source.pdf", "Save it as plain text in UTF-8"),
    (source(gzip.compress(SOURCE.encode())[:40], "source.tsv.gz"), "source.tsv.gz",
     "Compress the file again"),
    (source("id\tdoc\n1\ta\n"), "source.tsv", "TSV with a header that names the columns."),
    (source("a\nb\n", "source.txt"), "source.txt", "Give WMT SGML"),
    (source('<srcset><doc docid="a"><seg id="1">x</doc></srcset>', "source.sgm"),
     "source.sgm, line 1, segment 1", "End it with &lt;/seg&gt; before."),
    (source('<srcset><doc docid="a"><seg id="1">x</seg></doc></srcset>', "source.sgm"),
     "source.sgm", "Add a &lt;refset&gt; file."),
    (source('{"id": 1, "source": "x"\n', "source.jsonl"), "source.jsonl, line 1",
     "This line is not valid JSON"),
    ({"references": [file("ref.tsv", SOURCE)]}, "source.tsv", "Leave the other files out."),
    ({"references": [file("ref.tsv", "")]}, "references", "Choose the file that holds the text."),
    (terms("vaccine\n"), "terms.csv, line 1", "Give a table with a source and a target"),
    (terms("source,targets\nvaccine,\n"), "terms.csv", "Add one."),
    (terms("source,targets\n,vaccin\n"), "terms.csv", "(line 2: Empty: source)"),
    (terms(""), "terminologies", "Choose the file that holds the text."),
    (terms("\0\1", "terms.bin"), "terms.bin, line 1", "Save it as text."),
    (terms("<martif><text>", "terms.tbx"), "terms.tbx, line 1", "Fix it, or export it again."),
    (terms('{"source": 1}\n', "terms.jsonl"), "terms.jsonl, line 1", "Write {"),
    (terms("source,target\nvaccine,v\n".encode("utf-16")), "terms.csv", "Save the file as UTF-8."),
    ({"language_pair": ""}, "language_pair", "Write source and target language, such as en-fr."),
    ({"language_pair": "english-french"}, "language_pair", "Do you mean en-fr?"),
    ({"language_pair": "en"}, "language_pair", "Write source and target: en-fr"),
    ({"language_pair": "en-en"}, "language_pair", "Name the language that is translated from"),
    ({"language_pair": "xx-fr"}, "language_pair", "Write it as BCP 47 does"),
    ({"domain": "Medical Texts"}, "domain", "Write small letters and digits"),
    ({"domain": "v2"}, "domain", "Write small letters and digits"),
    ({"domain": "noterm"}, "domain", "Choose another."),
    ({"mode": "99"}, "mode", "Add it first."),
    ({"phase": "99"}, "phase", "Choose another."),
    ({"leave_out": "zz"}, "source.tsv", "The file has: a."),
    ({"leave_out": "a"}, "source.tsv", "Leave fewer documents out."),
    ({"samples": file("samples.json", "[]")}, "__all__", "Leave the file out."),
]  # fmt: skip
OF_TASKS = [
    ({"name": ""}, "name", "This field is required."),
    ({"slug": "Legal"}, "slug", "Write small letters: legal."),
    ({"slug": "legal terms"}, "slug", "letters, numbers, underscores or hyphens"),
    ({"slug": "spring"}, "slug", "Choose another."),
    ({"contact": "nobody"}, "contact", "Enter a valid email address."),
    ({"summary": "x" * 301}, "summary", "at most 300 characters"),
    ({"description": "x" * 50_001}, "description", "Shorten this to 50,000 characters"),
]
OF_MODES = [
    ({"name": "No Terms"}, "name", "Write 2 to 20 small letters and digits"),
    ({"name": "noterm"}, "__all__", "This shared task has that mode already."),
    ({"label": ""}, "label", "This field is required."),
]


def list_missing(client, address, right, cases):
    """Send each mistake; return those whose answer lacks the status, the place or the remedy."""
    missing = []
    for changes, place, remedy in cases:
        response = client.post(address, right() | changes)
        text = " ".join(response.text.replace("<bdi>", "").replace("</bdi>", "").split())
        is_placed = f">{place}</span>" in text or place in response.context["form"].errors
        if response.status_code != 422 or not is_placed or remedy not in text:
            missing.append((changes, place, remedy, response.status_code))
    return missing


def test_each_mistake_in_a_test_set_is_explained(client, organiser, phase):
    client.force_login(organiser)
    mode = phase.shared_task.modes.create(name="proper", label="proper", gives_terms=True)
    phase.shared_task.modes.create(name="noterm", label="none", gives_terms=False)

    def right():
        own = {"phase": phase.pk, "mode": mode.pk, "language_pair": "en-fr", "text_form": "raw"}
        return own | source(SOURCE) | terms("source,targets\nvaccine,vaccin\n")

    address = "/organise/spring/setup/new-test-set"
    assert list_missing(client, address, right, OF_TEST_SETS) == []
    assert client.post(address, right()).status_code == 200
    assert not models.TestSet.objects.exists()


def test_each_mistake_in_a_task_or_a_mode_is_explained(client, operator, organiser, shared_task):
    client.force_login(operator)
    right = {"name": "Legal terms", "slug": "legal"}
    assert list_missing(client, "/organise/new", lambda: right, OF_TASKS) == []

    client.force_login(organiser)
    shared_task.modes.create(name="noterm", label="none", gives_terms=False)
    mode = {"name": "few", "label": "few terms", "list_name": "proper"}
    address = "/organise/spring/setup/new-mode"
    assert list_missing(client, address, lambda: mode, OF_MODES) == []
