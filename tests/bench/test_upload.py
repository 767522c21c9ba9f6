"""What the answer to an upload costs, against a bare view that saves the same files."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test.client import BOUNDARY, MULTIPART_CONTENT, Client, FakePayload, encode_multipart
from django.urls import include, path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Membership, Team, User
from audit.recording import Actor
from sharedtasks import testsets
from sharedtasks.models import Phase, SharedTask
from submissions.models import Submission

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

TIMES = 3  # what our answer may cost of the bare view's
PAIRS = ["en-fr", "en-zh", "en-ru", "en-ko", "cs-de"]
SEGMENTS = 2_100  # of TICO-19's test sets
ROUNDS = 60
LINE = (  # about as long as the segments there
    "la fièvre et la toux passent en une semaine , mais appelez votre médecin si elles persistent "
    "ou si vous avez de la peine à respirer , surtout la nuit ."
)


@login_required
def save(request: HttpRequest) -> HttpResponse:
    """Save a member's files, and do nothing else; like ours it stands behind sign-in and CSRF."""
    for file in request.FILES.getlist("file"):
        default_storage.save(file.name or "unnamed", file)
    return HttpResponse(status=204)


@csrf_exempt
def save_of_anybody(request: HttpRequest) -> HttpResponse:
    """Do that for whoever comes, without a look at the database; printed for comparison."""
    for file in request.FILES.getlist("file"):
        default_storage.save(file.name or "unnamed", file)
    return HttpResponse(status=204)


urlpatterns = [
    path("", include("config.urls")),
    path("bare", save),
    path("barest", save_of_anybody),
]


@pytest.fixture
def member(settings: Any, tmp_path: Path) -> User:
    settings.MEDIA_ROOT, settings.ROOT_URLCONF = tmp_path / "files", __name__
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()  # WhiteNoise warns when it is not there
    task = SharedTask.objects.create(state="announced", slug="spring", name="Spring")
    now = timezone.now()
    phase = Phase.objects.create(
        state="announced",
        shared_task=task,
        slug="test",
        name="Test",
        opens_at=now - timedelta(hours=1),
    )
    for pair in PAIRS:
        source_language, target_language = pair.split("-")
        testsets.import_test_set(
            actor=Actor.of_command("bench"),
            phase=phase,
            source_language=source_language,
            target_language=target_language,
            text_form="raw",
            files=testsets.TestSetFiles(
                source=BytesIO(b'<srcset><doc docid="d"><seg id="1">a</seg></doc></srcset>'),
                references=(BytesIO(b'<refset><doc docid="d"><seg id="1">b</seg></doc></refset>'),),
                names=("source.sgm", "reference.sgm"),
            ),
        )
    phase.test_sets.update(state="announced")
    user = User.objects.create_user("alice", "alice@tests.example")
    Membership.objects.create(
        team=Team.objects.create(name="Lexica", slug="lexica"), user=user, role="owner"
    )
    return user


@pytest.fixture
def cookies(member: User) -> str:
    client = Client()
    client.force_login(member)
    client.get("/tasks/spring/test/submit")
    return "; ".join(f"{name}={cookie.value}" for name, cookie in client.cookies.items())


def body(member: User, cookies: str, files: int, number: int, repeated: int) -> bytes:
    """Return a form with new files: each has to be written, none is there already."""
    token = cookies.partition("csrftoken=")[2].partition(";")[0]
    text = f'<seg id="{number}"> {LINE} </seg>\n' * SEGMENTS * repeated
    fields = {
        "csrfmiddlewaretoken": token,
        "team": member.teams.get().pk,
        "system": f"System {number}",
        "description": "A transformer.",
        "terminology_use": "inference",
        "is_constrained": "on",
        "file": [],
    }
    fields["file"] = [named(f"ours.{pair}.sgm", f"{pair} {text}") for pair in PAIRS[:files]]
    return encode_multipart(BOUNDARY, fields)


def named(name: str, text: str) -> BytesIO:
    file = BytesIO(text.encode())
    file.name = name
    return file


def cpu(handler: WSGIHandler, address: str, body: bytes, cookies: str, status: int) -> float:
    """Answer one request in this process; return the seconds of CPU that it took."""
    environ = Client()._base_environ(
        PATH_INFO=address,
        REQUEST_METHOD="POST",
        CONTENT_TYPE=MULTIPART_CONTENT,
        CONTENT_LENGTH=str(len(body)),
        HTTP_COOKIE=cookies,
    )
    environ["wsgi.input"] = FakePayload(body)
    started = time.process_time()
    response = handler(environ, lambda *_: None)
    b"".join(response)
    response.close()
    spent = time.process_time() - started
    assert response.status_code == status
    return spent


@pytest.mark.parametrize(
    ("what", "files", "repeated"),
    [
        ("one test set", 1, 1),
        ("five test sets", 5, 1),
        ("a file of some megabytes", 1, 25),
    ],
)
def test_an_upload_costs_at_most_three_times_a_bare_view(
    what: str,
    files: int,
    repeated: int,
    member: User,
    cookies: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: sent.append(name))
    handler = WSGIHandler()
    bodies = [body(member, cookies, files, number, repeated) for number in range(ROUNDS)]

    costs: dict[str, list[float]] = {"ours": [], "bare": [], "barest": []}
    for content in bodies:
        costs["ours"].append(cpu(handler, "/tasks/spring/test/submit", content, cookies, 302))
        costs["bare"].append(cpu(handler, "/bare", content, cookies, 204))
        costs["barest"].append(cpu(handler, "/barest", content, cookies, 204))

    ours, bare, barest = (1000 * statistics.median(spent) for spent in costs.values())
    print(
        f"\n{what}, {len(bodies[0]):,} bytes: {ours:.1f} ms of CPU; a bare view {bare:.1f} ms: "
        f"{ours / bare:.1f} times; one without sign-in {barest:.1f} ms: {ours / barest:.1f} times"
    )
    assert Submission.objects.count() == len(sent) == ROUNDS
    assert ours <= TIMES * bare
