"""For operators: the nodes, every run, and the images that they run."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.admin import ReadOnly
from audit.admin_site import actor_of
from images.models import Image
from nodes.models import Node, Run
from nodes.protocol import tokens
from nodes.runs import fitness, organising
from nodes.runs.clock import database_now
from nodes.runs.node_status import with_life

NOTHING = "–"


@admin.register(Node)
class NodeAdmin(admin.ModelAdmin[Node]):
    """A node is added here; its token is shown once, on the page that answers."""

    records_values = True
    list_display = [
        "name",
        "is_alive",
        "trouble",
        "last_seen_at",
        "shown_gpus",
        "current_run",
        "drained_at",
        "drain_reason",
        "revoked_at",
    ]
    list_filter = ["drained_at", "revoked_at"]
    search_fields = ["name"]
    actions = ["drain", "undrain", "revoke"]
    readonly_fields = [
        "created_at",
        "last_seen_at",
        "gpus",
        "cpus",
        "memory",
        "runtime",
        "version",
        "trouble",
        "failures",
        "restarts",
        "process",
        "drained_at",
        "drain_reason",
        "revoked_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Node]:
        opened = Run.objects.filter(ended_at=None)
        rows = with_life(super().get_queryset(request))
        return rows.prefetch_related(Prefetch("runs", opened, to_attr="open_runs"))

    def get_fields(self, request: HttpRequest, obj: Node | None = None) -> list[Any]:
        chosen = ["name", "takes_cpu_work"]
        return chosen if obj is None else [*chosen, *self.readonly_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Node | None = None) -> list[Any]:
        return [] if obj is None else ["name", *self.readonly_fields]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its runs are history; revoke it

    def save_model(self, request: HttpRequest, obj: Node, form: Any, change: bool) -> None:
        if not change:
            # For response_add alone: not in a message, which would be kept in a cookie.
            request.new_token = tokens.give_token(obj)  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Node, post_url_continue: str | None = None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"The token of {obj.name}",
            "node": obj,
            "token": request.new_token,  # type: ignore[attr-defined]
        }
        response = TemplateResponse(request, "admin/nodes/token.html", context)
        add_never_cache_headers(response)
        return response

    @admin.display(description="online", boolean=True)
    def is_alive(self, node: Node) -> bool:
        return bool(node.is_alive)  # type: ignore[attr-defined]  # of with_life

    @admin.display(description="GPUs")
    def shown_gpus(self, node: Node) -> str:
        return ", ".join(node.gpus) or NOTHING

    @admin.display(description="in trouble")
    def trouble(self, node: Node) -> str:
        if node.failing_since is not None:
            return f"{node.failing_reason} (it gets no work until its own check passes)"
        if wait := fitness.wait_of(node, database_now()):
            return f"it has restarted {node.restarts} times during a run; it waits for {wait} s"
        return NOTHING

    @admin.display(description="process")
    def process(self, node: Node) -> str:
        if not node.process_id:
            return NOTHING
        since = f"{node.process_since:%Y-%m-%d %H:%M %Z}"
        return f"{node.process_pid} on {node.process_host}, since {since}"

    @admin.display(description="current run")
    def current_run(self, node: Node) -> str | SafeString:
        opened: list[Run] = node.open_runs  # type: ignore[attr-defined]
        if not opened:
            return NOTHING
        run = opened[0]
        address = reverse("admin:nodes_run_change", args=[run.pk])
        return format_html('<a href="{}">{}: {} of {}</a>', address, run.pk, run.done, run.segments)

    @admin.action(description="Drain: give nothing new", permissions=["change"])
    def drain(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = organising.drain(queryset, actor=actor_of(request))
        self.message_user(request, f"Drained now: {count}.")

    @admin.action(description="Give work again", permissions=["change"])
    def undrain(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = organising.undrain(queryset, actor=actor_of(request))
        self.message_user(request, f"Given work again: {count}.")

    @admin.action(description="Revoke the token, for good", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = organising.revoke(queryset, actor=actor_of(request))
        self.message_user(request, f"Revoked now: {count}.")


@admin.register(Run)
class RunAdmin(ReadOnly):
    """Every attempt, with what only operators read."""

    list_display = [
        "pk",
        "entry",
        "purpose",
        "attempt",
        "node",
        "stage",
        "outcome",
        "done",
        "segments",
        "wall_time",
        "peak_memory",
        "started_at",
        "ended_at",
    ]
    list_filter = ["outcome", "node", "purpose"]
    list_select_related = ["entry__test_set__phase__shared_task", "node"]
    search_fields = ["entry__system", "entry__team__name", "image__digest"]
    exclude = ["log", "hypotheses"]
    readonly_fields = ["shown_log"]

    @admin.display(description="log")
    def shown_log(self, run: Run) -> str | SafeString:
        if run.log_id is None:
            return NOTHING
        address = reverse("run-log", args=[run.pk])
        return format_html('<a href="{}">the end of standard error</a>', address)


@admin.register(Image)
class ImageAdmin(ReadOnly):
    """To look at, and to let an image run again."""

    list_display = ["short", "unpacked", "layers", "runs_as", "nodes_lost", "quarantined_at"]
    list_filter = ["quarantined_at"]
    search_fields = ["digest"]
    exclude = ["archive"]
    actions = ["lift_quarantine"]

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may lift a quarantine.

        It takes the permission to change images.
        """
        return request.user.has_perm("images.change_image")

    @admin.action(
        description="Lift the quarantine: what it failed waits again", permissions=["lift"]
    )
    def lift_quarantine(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        lifted = organising.lift_quarantine(queryset, actor=actor_of(request))
        message = f"Out of quarantine now: {lifted.images}. Entries that wait again: "
        self.message_user(request, f"{message}{lifted.entries}.")
