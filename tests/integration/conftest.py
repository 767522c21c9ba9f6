"""alice and bob of one team, charlie of another, organisers, and a small test set."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from queue import Empty
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from celery import current_app
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.core.management.commands import flush
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import Membership, Team, User
from audit import triggers
from files.marker import mark_new_site
from files.models import StoredFile
from leaderboard import caching, views
from leaderboard.models import BoardSnapshot
from leaderboard.snapshots import Board
from leaderboard.tasks import rank
from sharedtasks.models import Organiser, Phase, SharedTask, TestSet
from sharedtasks.policy import Role
from sharedtasks.terminology_modes import find_mode
from submissions.models import Entry, Submission
from submissions.pipeline.tasks import check, score
from submissions.services import sending
from tests.integration.copied_test_sets import make_sample_test_set
from tests.integration.samples import PERFECT, as_text

Message = tuple[str, int]  # a task's name and the id it is about
PASSWORD = "correct horse battery"
# alice owns a team and bob is its member; charlie is a stranger, of another team. Owner, organiser
# and observer have a role in the shared task, the outsider in another; staff may open the panel.
ROLES = [
    "visitor", "alice", "bob", "charlie",
    "owner", "organiser", "observer", "outsider", "staff",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _files_of_its_own(settings: Any, tmp_path: Path) -> None:
    """Keep each test's files apart; passwords need not be strong here, but quick."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.FILE_UPLOAD_TEMP_DIR = settings.MEDIA_ROOT / "incoming"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir(parents=True)
    settings.MIN_FREE_BYTES = 0  # of whatever machine this is
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()  # WhiteNoise warns when it is not there
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def _rows_of_django_kept() -> Iterator[None]:
    """Keep content types and permissions when a test empties tables: making them takes a while."""
    empty_tables = flush.Command.handle

    def handle(command: flush.Command, **options: Any) -> None:
        kept = [list(model.objects.all()) for model in (ContentType, Permission)]
        with _log_unlocked():
            empty_tables(command, **options | {"inhibit_post_migrate": True})
        for rows in filter(None, kept):
            type(rows[0]).objects.bulk_create(rows)
        mark_new_site()  # the only other thing that a site does after its migrations

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush.Command, "handle", handle)
        yield


@contextmanager
def _log_unlocked() -> Iterator[None]:
    """Let SQLite empty the log, row by row; PostgreSQL truncates it, which no trigger hinders."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        for statement in triggers.write_removal(connection.vendor) if is_sqlite else []:
            cursor.execute(statement)
        yield
        for statement in triggers.write_creation(connection.vendor) if is_sqlite else []:
            cursor.execute(statement)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return a function that sets the clock of boards' pages."""

    def stop(instant: datetime) -> None:
        for module in (views, caching):
            monkeypatch.setattr(module, "timezone", SimpleNamespace(now=lambda: instant))

    return stop


@pytest.fixture
def _quiet() -> Iterator[None]:
    """Log nothing: in walks over all addresses, tracebacks of refusals cost more than pages."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


# People -----------------------------------------------------------------------------------


def make_person(name: str, **columns: Any) -> User:
    """Make an account as `create_user` leaves it, with two queries and not ten."""
    email = f"{name}@tests.example"
    user = User.objects.create(username=name, email=email, password=_password(), **columns)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def give_role(user: User, task: SharedTask, role: Role = Role.ORGANISER) -> User:
    """Give an account a role in a shared task, and the second factor that it needs."""
    add_second_factor(user)
    Organiser.objects.create(user=user, shared_task=task, role=role)
    return user


def add_second_factor(user: User) -> None:
    """Let an account have a second factor, without which most roles do not count."""
    Authenticator.objects.get_or_create(
        user=user, type=Authenticator.Type.TOTP, defaults={"data": {}}
    )


@cache
def _password() -> str:
    return make_password(PASSWORD)


class QuickClient(Client):
    """A browser whose `force_login` takes one query for a new session, where Django takes ten."""

    def _login(self, user: User, backend: str | None = None) -> None:
        if settings.SESSION_COOKIE_NAME in self.cookies:
            super()._login(user, backend)
            return
        values = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: backend,
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        request = HttpRequest()
        request.session = SessionStore(get_random_string(32))
        request.session._session_cache = values  # so that nothing is looked up
        request.session.create_model_instance(values).save(force_insert=True)
        self._set_login_cookies(request)


@pytest.fixture
def client() -> Client:
    """A browser."""
    return QuickClient()


@pytest.fixture
def team(db: None) -> Team:
    """The team of alice and bob."""
    return Team.objects.create(name="Lexica", slug="lexica", institution="Here", is_verified=True)


@pytest.fixture
def other_team(db: None) -> Team:
    """The team of charlie."""
    return Team.objects.create(name="Babel", slug="babel")


@pytest.fixture
def alice(team: Team) -> User:
    """The team's owner, who sends everything here."""
    user = make_person("alice")
    Membership.objects.create(team=team, user=user, role=Membership.Role.OWNER)
    return user


@pytest.fixture
def bob(team: Team) -> User:
    """The team mate."""
    user = make_person("bob")
    Membership.objects.create(team=team, user=user)
    return user


@pytest.fixture
def charlie(other_team: Team) -> User:
    """The stranger: in a team, in another one."""
    user = make_person("charlie")
    Membership.objects.create(team=other_team, user=user, role=Membership.Role.OWNER)
    return user


@pytest.fixture
def owner(shared_task: SharedTask) -> User:
    """The owner of the shared task, in no team."""
    return give_role(make_person("owner"), shared_task, Role.OWNER)


@pytest.fixture
def organiser(shared_task: SharedTask) -> User:
    """An organiser of the shared task, in no team."""
    return give_role(make_person("organiser"), shared_task)


@pytest.fixture
def observer(shared_task: SharedTask) -> User:
    """An observer of the shared task, who reads no references and needs no second factor."""
    user = make_person("observer")
    Organiser.objects.create(user=user, shared_task=shared_task, role=Role.OBSERVER)
    return user


@pytest.fixture
def outsider(db: None) -> User:
    """The owner of another shared task."""
    task = SharedTask.objects.create(slug="other", name="Other task", state="draft")
    return give_role(make_person("outsider"), task, Role.OWNER)


@pytest.fixture
def staff(db: None) -> User:
    """Somebody who may open the admin panel, and nothing else."""
    return make_person("staff", is_staff=True)


@pytest.fixture
def operator(db: None) -> User:
    """A superuser without a role."""
    return make_person("operator", is_staff=True, is_superuser=True)


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    """The browser of alice."""
    client.force_login(alice)
    return client


@pytest.fixture
def owners(client: Client, owner: User) -> Client:
    """The browser of the owner."""
    client.force_login(owner)
    return client


@pytest.fixture
def admin(client: Client, operator: User) -> Client:
    """The browser of the operator."""
    client.force_login(operator)
    return client


@pytest.fixture
def people(alice: User, bob: User, charlie: User) -> dict[str, User]:
    """Who is in a team."""
    return {"alice": alice, "bob": bob, "charlie": charlie}


@pytest.fixture
def as_role(client: Client, request: pytest.FixtureRequest) -> Callable[[str], Client]:
    """Return a function that signs a role in, of `ROLES`; a visitor stays outside."""

    def sign_in(role: str) -> Client:
        client.logout()
        if role != "visitor":
            client.force_login(request.getfixturevalue(role))
        return client

    return sign_in


@pytest.fixture
def sign_in(client: Client) -> Callable[..., HttpResponse]:
    """Post the sign-in form."""
    return lambda login="alice", password=PASSWORD, **data: client.post(
        "/account/sign-in", {"login": login, "password": password, **data}
    )


@pytest.fixture
def confirm(client: Client, sign_in: Callable[..., HttpResponse]) -> Callable[..., None]:
    """Sign somebody in, who then gives the password once more, as changes to an account ask."""

    def sign_in_and_confirm(login: str = "alice") -> None:
        sign_in(login)
        client.post("/account/confirm-access", {"password": PASSWORD})

    return sign_in_and_confirm


# The shared task --------------------------------------------------------------------------


@pytest.fixture
def shared_task(db: None) -> SharedTask:
    """An edition."""
    return SharedTask.objects.create(slug="spring", name="Spring edition", state="announced")


@pytest.fixture
def phase(shared_task: SharedTask) -> Phase:
    """A phase that is open, for an hour each way."""
    now = timezone.now()
    return Phase.objects.create(
        shared_task=shared_task,
        slug="test",
        name="Test phase",
        state="announced",
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(hours=1),
        own_scores_at=now - timedelta(hours=1),
        board_at=now - timedelta(hours=1),
        team_names_at=now - timedelta(hours=1),
    )


@pytest.fixture
def takes_images(phase: Phase) -> None:
    """Let the phase take images."""
    phase.takes_images = True
    phase.save()


@pytest.fixture
def make_test_set(phase: Phase) -> Callable[..., TestSet]:
    """Make the sample, as whichever test set the options say."""

    def make(**options: Any) -> TestSet:
        values = {
            "phase": phase,
            "source_language": "en",
            "target_language": "fr",
            "text_form": "tokenised",
            "lemmatiser": "identity",
        }
        return make_sample_test_set(**(values | options))

    return make


@pytest.fixture
def test_set(make_test_set: Callable[..., TestSet]) -> TestSet:
    """The sample, en-fr."""
    return make_test_set()


@pytest.fixture
def stored_file(db: None) -> StoredFile:
    """A row without bytes, for what nobody reads."""
    return StoredFile.objects.create(sha256="0" * 64, size=1, key="none", used_at=timezone.now())


@pytest.fixture
def make_bare_test_set(phase: Phase, stored_file: StoredFile) -> Callable[..., TestSet]:
    """Make a test set whose files nobody reads, for boards with invented scores."""

    def make(**columns: Any) -> TestSet:
        values: dict[str, Any] = {
            "phase": phase,
            "state": "announced",
            "source_language": "en",
            "target_language": "fr",
            "text_form": "raw",
            "official_order": ["term-success"],
            "source_file": stored_file,
            "digest": "0" * 64,
            "segments": 10,
            "documents": 2,
            "required_terms": 20,
        }
        values |= columns
        mode = find_mode(values["phase"].shared_task, values.get("mode", "proper"))
        return TestSet.objects.create(terminology_mode=mode, **values)

    return make


@pytest.fixture
def close_phase(phase: Phase) -> Callable[[], None]:
    """Return a function that ends the phase a minute ago."""

    def close() -> None:
        Phase.objects.filter(pk=phase.pk).update(closes_at=timezone.now() - timedelta(minutes=1))
        phase.refresh_from_db()

    return close


# What teams send --------------------------------------------------------------------------


@pytest.fixture
def make_submission(test_set: TestSet, alice: User, team: Team) -> Callable[..., Submission]:
    """Submit through the service; what is left over are columns to set afterwards."""

    def make(
        content: bytes = as_text(PERFECT),
        *,
        test_set: TestSet = test_set,
        team: Team = team,
        member: User = alice,
        system: str = "Baseline",
        wants_primary: bool = False,
        is_constrained: bool = True,
        file_name: str = "output.txt",
        files: Sequence[tuple[str, bytes]] | None = None,
        **columns: Any,
    ) -> Submission:
        sent = files or [(file_name, content)]
        submission = sending.submit(
            team=team,
            member=member,
            phase=test_set.phase,
            test_set=None if files else test_set,  # several files say themselves
            system=sending.SystemDescription(name=system, is_constrained=is_constrained),
            wants_primary=wants_primary,
            files=[sending.NamedStream(BytesIO(body), name) for name, body in sent],
        )
        Submission.objects.filter(pk=submission.pk).update(**columns)
        submission.refresh_from_db()
        return submission

    return make


@pytest.fixture
def make_entry(make_submission: Callable[..., Submission]) -> Callable[..., Entry]:
    """Submit and check, so that the entry waits to be scored; `columns` are set afterwards."""
    numbers = itertools.count(1)

    def make(texts: tuple[str, ...] = PERFECT, *, columns: Any = None, **options: Any) -> Entry:
        submission = make_submission(as_text(texts), **options)
        check.apply(args=[submission.pk], task_id=f"checked-{next(numbers)}")
        entry = submission.entries.get()
        Entry.objects.filter(pk=entry.pk).update(**(columns or {}))
        entry.refresh_from_db()
        return entry

    return make


@pytest.fixture
def make_scored_entry(make_entry: Callable[..., Entry]) -> Callable[..., Entry]:
    """Submit, check and score."""
    numbers = itertools.count(1)

    def make(texts: tuple[str, ...] = PERFECT, **options: Any) -> Entry:
        entry = make_entry(texts, **options)
        score.apply(args=[entry.pk], task_id=f"scored-{next(numbers)}")
        entry.refresh_from_db()
        return entry

    return make


# Boards -----------------------------------------------------------------------------------


@pytest.fixture
def build_board(test_set: TestSet) -> Callable[[], Board]:
    """Build the board through its task and return it."""

    def build() -> Board:
        rank.apply(args=[test_set.pk], task_id="task-1")
        snapshot = BoardSnapshot.objects.get(test_set=test_set)
        return Board.from_json(snapshot.body, snapshot.teams)

    return build


@pytest.fixture
def make_primary(make_scored_entry: Callable[..., Entry]) -> Callable[..., Entry]:
    """Score the primary of another verified team for each."""

    def make(texts: tuple[str, ...] = PERFECT, *, system: str, **options: Any) -> Entry:
        team = Team.objects.create(name=f"Team {system}", slug=system.lower(), is_verified=True)
        entry = make_scored_entry(texts, system=system, **options)
        Entry.objects.filter(pk=entry.pk).update(team=team, is_primary=True)
        entry.refresh_from_db()
        return entry

    return make


# Messages and threads ---------------------------------------------------------------------


def drain() -> list[Message]:
    """Take what lies in the queues of the in-memory broker."""
    found: list[Message] = []
    with current_app.connection_for_read() as connection:
        for name in settings.QUEUES:
            queue = connection.SimpleQueue(name)
            while True:
                try:
                    message = queue.get(block=False)
                except Empty:
                    break
                message.ack()
                found.append((message.headers["task"], message.payload[0][0]))
            queue.close()
    return found


@pytest.fixture
def messages(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> Callable[[], AbstractContextManager[list[Message]]]:
    """Return a context in which transactions count as committed; it fills with what was sent."""

    @contextmanager
    def committed() -> Iterator[list[Message]]:
        drain()
        sent: list[Message] = []
        with django_capture_on_commit_callbacks(execute=True):
            yield sent
        sent += drain()

    return committed


@pytest.fixture
def on_postgresql(require_service: Callable[[str], str]) -> None:
    """Give up without PostgreSQL: SQLite lets one transaction write at a time."""
    require_service("postgresql")
    assert connections["default"].vendor == "postgresql"


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Return a function that runs another in n threads at the same moment, in each with a number.

    It returns what they returned, or raises the first exception.
    """

    def run(threads: int, work: Callable[[int], Any]) -> list[Any]:
        barrier = threading.Barrier(threads, timeout=30)
        results: list[Any] = [None] * threads
        errors: list[BaseException] = []

        def start(number: int) -> None:
            try:
                connections["default"].ensure_connection()
                barrier.wait()
                results[number] = work(number)
            except BaseException as error:
                errors.append(error)
            finally:
                connections.close_all()

        running = [threading.Thread(target=start, args=[n]) for n in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join(60)
        if errors:
            raise errors[0]
        return results

    return run
