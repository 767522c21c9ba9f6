"""The addresses of probes, before anything else: no host name, session or cookie is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from health.monitoring import everything, readiness

METHODS = ("GET", "HEAD")
ANSWERS: Mapping[str, Callable[[], tuple[str, ...]]] = {
    "/healthz": tuple,  # this process answers; that is all
    "/readyz": readiness.get,
    "/healthz/all": everything.get,
}


class HealthMiddleware:
    """Answers probes.

    They come by an address of this machine or of a container that ALLOWED_HOSTS does not hold,
    and the answer says nothing that depends on the host's name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        find_missing = ANSWERS.get(request.path_info)
        if find_missing is None:
            return self.get_response(request)
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        missing = find_missing()
        response = JsonResponse(
            {"ok": not missing, "missing": list(missing)},
            status=503 if missing else 200,
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )
        response["Content-Length"] = str(len(response.content))  # else set further down the line
        return response
