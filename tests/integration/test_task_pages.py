"""The pages about a shared task: what they say, to whom, and in how many queries."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from string import Template

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from evaluator.formats import FORMATS
from sharedtasks import evaluator_wheel, testsets
from sharedtasks.format_guide import FIRST, SECOND
from sharedtasks.models import Phase, SharedTask
from submissions.pages.forms.outputs import SubmissionForm
from tests.integration.announced import import_announced

pytestmark = pytest.mark.django_db

PAGES = ["shared-task", "task-rules", "task-data", "task-metrics", "task-how-to-submit"]
TERMS = b"doctor\tm\xc3\xa9decin\n"
ROWS = '{"id": "1", "doc": "a", "source": "Call a doctor.", "references": ["Appelez."]}\n'


@pytest.fixture(autouse=True)
def _state_of_its_own(settings, tmp_path):
    settings.STATE_DIR = tmp_path


@pytest.fixture
def import_rows(phase):
    """Import one segment with one term, as whichever test set the options say."""

    def make(**options):
        values = {
            "phase": phase, "source_language": "en", "target_language": "fr", "text_form": "raw",
        } | options  # fmt: skip
        files = testsets.TestSetFiles(
            BytesIO(ROWS.encode()), (), ("rows",), ((BytesIO(TERMS), "terms.tsv"),)
        )
        return import_announced(files=files, **values)

    return make


@pytest.fixture
def page(client):
    """Return a function from an address's name to the page's text, for the edition `spring`."""
    return lambda name="shared-task", slug="spring": client.get(reverse(name, args=[slug])).text


def move(phase, **hours):
    now = timezone.now()
    instants = {
        name: None if value is None else now + timedelta(hours=value)
        for name, value in hours.items()
    }
    Phase.objects.filter(pk=phase.pk).update(**instants)


def words(html):
    """The text of a page, with single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# The overview -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opens", "closes", "said", "submits"),
    [
        (-1, 2.5, "Test phase is open and closes in 2 hours", True),
        (-1, None, "Test phase is open and stays open", True),
        (30, 60, "Test phase opens in 1 day", False),
        (-60, -30, "Test phase closed on", False),
    ],
)
def test_it_says_what_is_open_and_what_comes_next(page, phase, opens, closes, said, submits):
    move(phase, opens_at=opens, closes_at=closes)

    text = page()

    assert said in words(text)
    assert (reverse("submit", args=["spring", "test"]) in text) == submits


def test_instants_stand_in_utc_and_anywhere_on_earth(page, phase):
    closes_at = timezone.now().replace(microsecond=0) + timedelta(days=3)
    Phase.objects.filter(pk=phase.pk).update(closes_at=closes_at)

    text = page()

    machine = closes_at.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    there = closes_at - timedelta(hours=12)
    assert f'<time datetime="{machine}">{closes_at.day} {closes_at:%b %Y, %H:%M}</time>' in text
    assert f'<time datetime="{machine}">{there.day} {there:%b %Y, %H:%M}</time>' in text
    assert f'<time class="local-time" datetime="{machine}"></time>' in text


def test_it_says_what_is_shown_when(page, phase):
    move(phase, board_at=-2, references_at=48)
    Phase.objects.update(team_names_at=None)

    rows = words(page().split('id="what-is-shown-when"')[1])

    assert "Leaderboards since" in rows
    assert "References from" in rows
    assert "Names of teams and systems not announced" in rows


def test_it_counts_what_can_be_seen(page, phase, import_rows):
    import_rows()
    import_rows(mode="noterm")
    move(phase, board_at=-1)

    text = words(page())

    assert "English → French en-fr proper terms raw 1 1 1 1 Leaderboard" in text
    assert "English → French en-fr.noterm no terms raw 1 1 – 1 Leaderboard" in text


def test_what_was_counted_in_references_waits_for_the_board(page, phase, import_rows):
    import_rows()
    Phase.objects.update(board_at=None)

    text = words(page())

    assert "en-fr proper terms raw 1 1 1 not announced" in text
    assert "Required" not in text
    assert reverse("board", args=["spring", "test", "en-fr"]) not in page()


def test_a_phase_that_has_not_opened_is_announced_and_not_counted(page, phase, import_rows):
    import_rows()
    move(phase, opens_at=0.5)

    text = words(page())

    assert "English → French en-fr proper terms raw counted when the phase opens" in text


def test_organisers_see_the_counts_before_and_are_told_so(
    page, phase, import_rows, client, organiser
):
    import_rows()
    move(phase, opens_at=0.5)
    client.force_login(organiser)

    text = words(page())

    assert "only organisers see the numbers of segments, documents and terms" in text
    assert "en-fr proper terms raw 1 1 1 1 Leaderboard" in text


def test_organisers_are_told_what_others_do_not_see(page, phase, client, organiser):
    hidden = "Only organisers see this phase until it is announced."
    draft = "Only organisers see this shared task until it is announced."
    client.force_login(organiser)
    assert hidden not in words(page())
    assert draft not in words(page())

    phase.state = "draft"
    phase.save()
    assert hidden in words(page())
    assert draft not in words(page())

    phase.shared_task.state = "draft"
    phase.shared_task.save()
    assert draft in words(page())
    assert draft in words(page("task-how-to-submit"))


@pytest.mark.parametrize("role", [None, "alice", "organiser"])
@pytest.mark.parametrize("test_sets", [1, 8])
@pytest.mark.parametrize(("name", "limit"), [("shared-task", 8), ("task-how-to-submit", 6)])
def test_queries_do_not_grow_with_test_sets(
    name, limit, role, test_sets, client, import_rows, request, django_assert_max_num_queries
):
    for version in range(1, test_sets + 1):
        import_rows(version=version)
    if role:
        client.force_login(request.getfixturevalue(role))

    with django_assert_max_num_queries(limit):
        client.get(reverse(name, args=["spring"]))


def test_downloads_cost_two_queries_more(client, import_rows, django_assert_max_num_queries):
    for version in range(1, 9):
        import_rows(version=version)

    with django_assert_max_num_queries(4):
        client.get(reverse("task-data", args=["spring"]))


# Organisers' texts ------------------------------------------------------------------------


def test_texts_are_commonmark_and_no_html(page, shared_task):
    SharedTask.objects.update(description="**Bold** <script>x</script>", rules="# First\n*so*")

    assert "<strong>Bold</strong> &lt;script&gt;x&lt;/script&gt;" in page()
    assert "<h2>First</h2>\n<p><em>so</em></p>" in page("task-rules")


def test_without_rules_it_says_whom_to_ask(page, shared_task):
    SharedTask.objects.update(contact="spring@tasks.example")

    text = page("task-rules")

    assert "have not written rules of their own yet" in text
    assert "mailto:spring@tasks.example" in text


# Every page -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_every_page_leads_to_the_others(name, page, shared_task):
    text = page(name)

    for other in PAGES:
        current = ' aria-current="page"' if other == name else ""
        assert f'<a href="{reverse(other, args=["spring"])}"{current}>' in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shared-task", "This shared task has no phase yet."),
        ("task-rules", "The organisers have not written rules"),
        ("task-data", "There is nothing to download yet"),
        ("task-how-to-submit", "No test set has been announced yet"),
    ],
)
def test_an_empty_page_says_what_to_do_next(name, said, page, shared_task):
    assert said in words(page(name))


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_inline_script_or_style(name, page, import_rows):
    import_rows()
    SharedTask.objects.update(rules="| a |\n|--:|\n| 1 |\n")

    text = page(name)

    assert "<style" not in text
    assert " style=" not in text
    assert "<script>" not in text


# Data, and the checker --------------------------------------------------------------------


def test_data_offers_what_the_viewer_may_have(page, phase, import_rows):
    import_rows()

    before = page("task-data")
    move(phase, references_at=-1)
    after = page("task-data")

    offered = re.compile(r'/tasks/spring/test/data/en-fr/([\w.]+)"')
    sources = {
        "source.txt", "source.tsv", "source.sgm", "source.jsonl", "terms.tsv", "terms.jsonl",
    }  # fmt: skip
    assert set(offered.findall(before)) == sources
    assert set(offered.findall(after)) == sources | {"references.tsv", "references.jsonl"}
    assert reverse("phase-archive", args=["spring", "test"]) in before


def test_data_of_a_phase_that_has_not_opened_is_announced_alone(page, phase, import_rows):
    import_rows()
    move(phase, opens_at=0.5)

    text = page("task-data")

    assert "The files of this phase appear here when it opens" in text
    assert "English → French (en-fr)" in words(text)
    assert "source.txt" not in text
    assert reverse("phase-archive", args=["spring", "test"]) not in text


def test_files_that_are_not_made_yet_are_not_offered(page, import_rows):
    import_rows().downloads.all().delete()

    text = page("task-data")

    assert "manage.py make_downloads" in text
    assert reverse("phase-archive", args=["spring", "test"]) not in text


def test_without_a_checker_nothing_broken_is_offered(page, import_rows):
    import_rows()

    text = page("task-data")

    assert "manage.py build_evaluator" in text
    assert "pip install" not in text
    assert "/evaluator/" not in text


def test_the_checker_comes_with_its_commands(page, import_rows):
    import_rows()
    evaluator_wheel.locate_folder().mkdir()
    (evaluator_wheel.locate_folder() / "terminarium-7-py3-none-any.whl").touch()

    text = page("task-data")

    assert reverse("evaluator-wheel", args=["terminarium-7-py3-none-any.whl"]) in text
    assert "pip install terminarium-7-py3-none-any.whl" in text
    assert "terminarium validate --source spring.test.en-fr.source.jsonl" in text


@pytest.mark.slow
def test_the_built_checker_is_the_evaluator(settings, tmp_path, client):
    (evaluator_wheel.locate_folder()).mkdir()
    (
        evaluator_wheel.locate_folder() / "terminarium-0.0-py3-none-any.whl"
    ).touch()  # of an earlier version
    said = StringIO()

    call_command("build_evaluator", stdout=said)

    built = evaluator_wheel.find_wheel()
    assert built.name in said.getvalue()
    assert [path.name for path in evaluator_wheel.locate_folder().iterdir()] == [built.name]
    response = client.get(reverse("evaluator-wheel", args=[built.name]))
    assert b"".join(response) == built.read_bytes()
    assert response.headers["Content-Disposition"] == f'attachment; filename="{built.name}"'


def test_a_checker_that_can_not_be_built_is_explained(settings, tmp_path):
    settings.BASE_DIR = Path(tmp_path)  # holds no project

    with pytest.raises(CommandError, match="The wheel was not built"):
        call_command("build_evaluator")

    assert evaluator_wheel.find_wheel() is None


# How to submit ----------------------------------------------------------------------------


@pytest.mark.parametrize("known", FORMATS.values(), ids=FORMATS)
def test_every_format_is_on_the_page_the_form_and_in_the_guide(root, page, phase, known):
    shown = html.unescape(re.sub(r"<[^>]+>", "", page("task-how-to-submit")))
    example = Template(known.example).substitute(first=FIRST, second=SECOND)
    guide = (root / "docs" / "participants.md").read_text()

    assert f"{known.title} {known.suffix}\n{known.help.replace('`', '')}\n{example}\n" in shown
    assert known.title in SubmissionForm.base_fields["file"].help_text
    assert re.search(rf"^\| {known.title} \|", guide, flags=re.IGNORECASE | re.MULTILINE)


def test_it_names_the_files_that_are_expected(page, phase, import_rows):
    import_rows()
    import_rows(mode="noterm")

    text = page("task-how-to-submit")

    assert "<code>NAME.en-fr.txt</code>" in text
    assert "<code>NAME.en-fr.noterm.txt</code>" in text


# Systems as container images --------------------------------------------------------------


def test_where_images_are_taken_the_pages_say_so_and_how(page, phase, import_rows):
    import_rows()
    before = page() + page("task-how-to-submit")
    Phase.objects.filter(pk=phase.pk).update(takes_images=True, run_limits={"wall_time": 5400})

    overview, how = words(page()), words(page("task-how-to-submit"))

    assert "container image" not in before
    assert "Takes outputs, and systems as container images , which we run." in overview
    assert "One run may use 1 h 30 min, 64 GB of memory without swap" in overview
    assert "Test phase ( send an image ) also takes a system as a container image" in how
    assert "docker save my-system | gzip > my-system.tar.gz" in how.replace("&gt;", ">")
    assert "at most 25.0 GB as an archive and 50.0 GB unpacked" in how


def test_what_no_open_phase_takes_is_not_linked(page, phase, import_rows):
    Phase.objects.filter(pk=phase.pk).update(takes_images=True)
    move(phase, opens_at=-60, closes_at=-30)

    assert "/submit-image" not in page("task-how-to-submit")
