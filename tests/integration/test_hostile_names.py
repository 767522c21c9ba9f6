"""Names that attack whatever reads an export: a table of names × outputs."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

import pytest
from django.utils import timezone
from django.utils.html import escape

from accounts.models import Team
from audit.models import AuditEvent
from audit.queries import build_sentence
from audit.recording import record_event
from evaluator.errors import ProblemLog
from evaluator.formats.wmt_xml import read_xml
from evaluator.latex import ESCAPED
from sharedtasks.models import Phase
from submissions.models import Entry
from tests.integration.actors import OPERATOR
from tests.integration.board_rows import Made, fill
from tests.integration.release_rows import release_row
from tests.integration.samples import PERFECT

pytestmark = pytest.mark.django_db

NAMES = {
    "formula": '=HYPERLINK("http://x","y")',
    "formula after a tab": "\t+1+1",
    "formula after a line": "\r\n@SUM(A1)",
    "minus": "-2+3",
    "full-width equals": "＝1+1",
    "quotes and comma": 'a","b\n',
    "command": r"\input{/etc/passwd}",
    "end of a row": r"\\[9cm] & \hline",
    "option": "[9cm]*",
    "braces": "}{$^_#%&~",
    "markup": "<script>alert(1)</script>",
    "attribute": '" onmouseover="x',
    "CDATA": "]]><x/>",
    "escape sequence": "\x1b[31mred\x1b[0m",
    "bell and null-like": "\x07\x08\x9b2J",
    "direction": "abc\u202ecba\u2066",
    "at": "@misc{x,",
    "path": "../../etc/passwd",
    "other scripts": "Über 词汇 Ω",
}
# Rules keep most of them from being names; exports hold even if a rule has a gap.
UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
COMMAND = re.compile(r"\\([A-Za-z]+)")
OUR_COMMANDS = {
    *("begin", "end", "toprule", "midrule", "bottomrule", "url", "usepackage"),
    *(name for text in ESCAPED.values() for name in COMMAND.findall(text)),
}


@pytest.fixture
def outputs(client, make_bare_test_set, alice, phase, organiser):
    """Return each output as text, with every name as a team's and as a system's."""
    board = make_bare_test_set(target_language="de")
    rows = []
    for number, name in enumerate(NAMES.values()):
        team = Team.objects.create(name=name, slug=f"t{number}", is_verified=True)
        rows.append(Made(team, name, {"term-success": 90.0 - number}, is_primary=True))
        record_event(actor=OPERATOR, action="verified", row=team, reason=name)
    fill(board, alice, rows)
    release_row(phase)
    client.force_login(organiser)
    release, page = "/tasks/spring/test/releases/1", "/boards/spring/test/en-de"
    addresses = [
        *(f"{page}/board.csv", f"{page}/board.tex", f"{page}/board.json", page),
        *(release, f"{release}/release.json", f"{release}/release.bib"),
    ]
    answers = [client.get(address) for address in addresses]
    texts = [b"".join(answer).decode() for answer in answers]
    assert {answer.status_code for answer in answers} == {200}
    return dict(
        zip(("csv", "tex", "json", "page", "release", "release.json", "bib"), texts, strict=True)
    )


def test_no_name_does_anything_in_any_output(outputs, phase, organiser):
    cells = list(csv.reader(io.StringIO(outputs["csv"])))
    assert {len(row) for row in cells} == {len(cells[0])}
    assert len(cells) == len(NAMES) + 1
    for row in cells:
        assert not any(re.match(r"\s*[=+\-@＝＋－＠]", cell) for cell in row[3:6]), row

    for kind in ("tex", "bib"):
        assert set(COMMAND.findall(outputs[kind])) <= OUR_COMMANDS, kind
        assert not UNSEEN.search(outputs[kind]), kind
    body = [line for line in outputs["tex"].splitlines() if line.endswith(r" \\")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in body} == {3}
    assert not any("[" in line.replace("{[}", "") for line in body)
    assert len(body) == len(NAMES) + 1
    entries = re.split(r"^@misc", outputs["bib"], flags=re.M)[1:]
    assert len(entries) == len(NAMES) + 1
    assert all(entry.count("{") == entry.count("}") for entry in entries)

    systems = [row["system"] for row in json.loads(outputs["json"])["rows"]]
    released = json.loads(outputs["release.json"])["boards"][0]["rows"]
    assert systems == [row["system"] for row in released] == list(NAMES.values())
    assert outputs["release.json"].isascii()
    assert not UNSEEN.search(outputs["release.json"])

    for kind in ("page", "release"):
        assert "<script>alert" not in outputs[kind]
        assert '" onmouseover' not in outputs[kind]
        assert escape(NAMES["markup"]) in outputs[kind]

    told = [str(build_sentence(event)) for event in AuditEvent.objects.all()]
    assert not any(UNSEEN.search(line) or "\n" in line for line in told)


def test_no_name_leaves_its_place_in_the_zip_of_outputs(make_scored_entry, phase, client, owner):
    entry = make_scored_entry(system="x", wants_primary=True)
    client.force_login(owner)
    for name in NAMES.values():
        Entry.objects.filter(pk=entry.pk).update(system=name)
        response = client.get("/tasks/spring/test/outputs.zip")
        with zipfile.ZipFile(io.BytesIO(b"".join(response))) as archive:
            assert archive.testzip() is None
            jsonl, xml = archive.namelist()
            assert re.fullmatch(r"en-fr/[a-z0-9_-]+\.[\w-]+\.en-fr\.jsonl", jsonl), name
            rows = [json.loads(line) for line in archive.read(jsonl).splitlines()]
            read = list(read_xml(bytearray(archive.read(xml)), ProblemLog()))

        assert [row["translation"] for row in rows] == list(PERFECT)
        written = [segment for segment in read if segment.part == "hyp"]
        assert [segment.text for segment in written] == list(PERFECT)
        assert not UNSEEN.search(written[0].by)


def test_outputs_are_for_their_team_until_their_date(
    make_scored_entry, test_set, phase, other_team, charlie, as_role
):
    def count(role):
        response = as_role(role).get("/tasks/spring/test/outputs.zip")
        content = b"".join(response)
        if response.status_code != 200:
            return response.status_code
        return sorted(zipfile.ZipFile(io.BytesIO(content)).namelist())[::2]

    mine = make_scored_entry(system="Marian")
    theirs = make_scored_entry(system="Ziggurat", team=other_team, member=charlie)
    names = [f"en-fr/babel.ziggurat-{theirs.pk}.en-fr.jsonl",
             f"en-fr/lexica.marian-{mine.pk}.en-fr.jsonl"]  # fmt: skip
    assert [count(role) for role in ("visitor", "alice", "charlie", "observer")] == [
        404, names[1:], names[:1], names
    ]  # fmt: skip

    now = timezone.now()
    Phase.objects.update(outputs_at=now, team_names_at=None)
    [blind] = count("visitor")  # the other team is not verified
    assert re.fullmatch(r"en-fr/system-\w+\.en-fr\.jsonl", blind)
    Phase.objects.update(team_names_at=now)
    assert count("visitor") == names[1:]
