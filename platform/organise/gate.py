"""The only way to the pages below /organise/: decorators that ask who may open and change them.

`tests/integration/test_organise_access.py` walks every address there, so a view without one of
these decorators is noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest
from accounts.models import User
from organise.needs import with_needs
from sharedtasks.access import task_for_role_or_404
from sharedtasks.models import SharedTask
from sharedtasks.policy import Role, Viewer
from sharedtasks.viewers import viewer_of

P = ParamSpec("P")
View = Callable[..., HttpResponseBase]
TaskView = Callable[Concatenate[SignedInRequest, SharedTask, Viewer, P], HttpResponseBase]
SiteView = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]

# With what the frame of each page shows.
TASKS = with_needs(SharedTask.objects.all())
READING = ["GET", "HEAD"]


def task_page(
    *, least: Role = Role.OBSERVER, posts: Role | None = None
) -> Callable[[TaskView[P]], View]:
    """Open a page of a shared task to everybody who has at least the role `least` in it.

    The view gets the shared task and the viewer in place of the address's `task`. It takes POST
    only if `posts` names the role that POST needs.
    """

    def decorate(view: TaskView[P]) -> View:
        @never_cache
        @require_http_methods(READING if posts is None else [*READING, "POST"])
        @wraps(view)
        def open_page(request: HttpRequest, task: str, **arguments: object) -> HttpResponseBase:
            needed = posts if request.method == "POST" and posts is not None else least
            return _open(view, request, task, needed, back=request.get_full_path(), **arguments)

        return _mark(open_page)

    return decorate


def task_action(*, least: Role = Role.ORGANISER) -> Callable[[TaskView[P]], View]:
    """Take only POST, from everybody who has at least the role `least` in the shared task.

    Visitors who sign in first come back to the task's first page.
    """

    def decorate(view: TaskView[P]) -> View:
        @never_cache
        @require_POST
        @wraps(view)
        def act(request: HttpRequest, task: str, **arguments: object) -> HttpResponseBase:
            back = reverse("organise-task", args=[task])
            return _open(view, request, task, least, back=back, **arguments)

        return _mark(act)

    return decorate


def site_page(
    *, may_enter: Callable[[User], bool], takes_post: bool = False
) -> Callable[[SiteView[P]], View]:
    """Open a page that belongs to no shared task; to others it does not exist."""

    def decorate(view: SiteView[P]) -> View:
        @never_cache
        @require_http_methods([*READING, "POST"] if takes_post else READING)
        @wraps(view)
        def open_page(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return redirect_to_login(request.get_full_path())
            if not may_enter(request.user):
                raise Http404(f"{view.__name__} is not for {request.user}.")
            return view(cast(SignedInRequest, request), *args, **kwargs)

        return _mark(open_page)

    return decorate


def organises(user: User) -> bool:
    """Return whether an account has a role in a shared task, or may open one."""
    return user.has_role or may_open_tasks(user)


def may_open_tasks(user: User) -> bool:
    """Return whether an account may open shared tasks, which it then owns."""
    return user.has_perm("sharedtasks.open_tasks")


def operates_nodes(user: User) -> bool:
    """Return whether an account may drain nodes and lift quarantines."""
    return user.is_superuser


def _open(
    view: TaskView[...],
    request: HttpRequest,
    slug: str,
    least: Role,
    *,
    back: str,
    **kwargs: object,
) -> HttpResponseBase:
    if not isinstance(request.user, User):
        return redirect_to_login(back)
    viewer = viewer_of(request.user)
    task = task_for_role_or_404(request.user, slug, least=least, viewer=viewer, tasks=TASKS)
    return view(cast(SignedInRequest, request), task, viewer, **kwargs)


def _mark(view: View) -> View:
    """Note that a view is behind the gate, for the test that walks all addresses."""
    view.is_gated = True  # type: ignore[attr-defined]
    return view
