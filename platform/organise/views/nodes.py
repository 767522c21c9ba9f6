"""What superusers do with nodes and images, each on a page that asks first."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.http import SignedInRequest
from audit.recording import Actor
from images.models import Image
from nodes.models import Node
from nodes.runs import organising
from nodes.runs.queue import waiting
from organise.gate import operates_nodes, site_page
from organise.machines import list_machines
from organise.needs import failed_entries
from organise.pages import Confirmation, render_site_page


@site_page(may_enter=operates_nodes, takes_post=True)
def drain(request: SignedInRequest, name: str) -> HttpResponse:
    """Ask, then give a node nothing new."""
    node = get_object_or_404(Node, name=name, revoked_at=None)
    if request.method == "POST":
        organising.drain([node], actor=Actor.of(request.user))
        messages.success(request, f"{node.name} is drained: it gets no new work.")
        return redirect("organise")
    others = sum(other.takes_work for other in list_machines({}) if other.name != name)
    says = [
        "It ends what it runs and gets nothing new.",
        f"Other nodes that take work: {others}. Entries that wait for a node: {waiting().count()}.",
        "You can give it work again at any time.",
    ]
    return _confirm(request, f"Drain {node.name}?", says, f"Drain {node.name}")


@site_page(may_enter=operates_nodes, takes_post=True)
def undrain(request: SignedInRequest, name: str) -> HttpResponse:
    """Ask, then give a drained node work again."""
    node = get_object_or_404(Node, name=name, revoked_at=None)
    if request.method == "POST":
        organising.undrain([node], actor=Actor.of(request.user))
        messages.success(request, f"{node.name} gets work again.")
        return redirect("organise")
    says = [
        f"It was drained: {node.drain_reason or 'no reason was given'}.",
        "Its failures are forgotten. If it fails its own check, it gets nothing until it passes.",
    ]
    return _confirm(request, f"Give {node.name} work again?", says, "Give work again")


@site_page(may_enter=operates_nodes, takes_post=True)
def lift_quarantine(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask, then let an image run again, and what failed with it wait."""
    image = get_object_or_404(Image, pk=pk, quarantined_at__isnull=False)
    if request.method == "POST":
        lifted = organising.lift_quarantine([image], actor=Actor.of(request.user))
        wait = "entry waits" if lifted.entries == 1 else "entries wait"
        messages.success(request, f"The image runs again; {lifted.entries} {wait} for a node.")
        return redirect("organise")
    failed = failed_entries().filter(submission__image=image).count()
    says = [
        f"It silenced {image.nodes_lost} nodes. These losses are forgotten.",
        f"{failed} of its entries have failed. Those that failed because of the quarantine wait "
        "for a node again.",
    ]
    return _confirm(request, f"Run image {image.short} again?", says, "Lift the quarantine")


def _confirm(request: SignedInRequest, heading: str, says: list[str], button: str) -> HttpResponse:
    confirmation = Confirmation(heading, says, button, cancel=reverse("organise"))
    return render_site_page(request, "organise/confirm.html", {"confirmation": confirmation})
