"""The admin panel's links to the pages of objects."""

from __future__ import annotations

from django.contrib.contenttypes.views import shortcut
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.models import User


@require_safe
def object_page(request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponse:
    """Redirect a superuser to an object's page; to others it does not exist.

    Django's own view asks only for access to the panel, and the address of a team has its name.
    """
    if not (isinstance(request.user, User) and request.user.is_superuser):
        raise Http404("Only superusers are led from the admin panel to an object's page.")
    return shortcut(request, content_type_id, object_id)
