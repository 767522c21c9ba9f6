"""Decides whether an image or the machines are at fault if no container can be started.

An engine's error says nothing of that, and its words differ from engine to engine. So a node that
fails with an image runs the known good image next, under the same flags. If that works, and the
same step has failed twice, the image is what is left.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Max

from nodes.models import TEAMS_FAULT, Run
from nodes.runs import retries
from nodes.runs.clock import database_now

RAN = TEAMS_FAULT | {Run.Ending.OK}
TIMES = 2  # on two nodes, or twice on the only node

REMEDIES: Mapping[str, str] = {
    "load": (
        "The layers of the image can't be unpacked. Build it again from an official base image. "
        "Then try `docker load --input ARCHIVE` on a different machine."
    ),
    "create": (
        "No container can be created from the image. Check its WORKDIR, USER, ENV, VOLUME, "
        "ENTRYPOINT and CMD: `docker inspect IMAGE` shows them. `terminarium run IMAGE --sample` "
        "on your own machine shows the engine's message."
    ),
    "start": (
        "No container of the image can be started. Usually there is a file or a link where the "
        "engine needs a folder: at /tmp, /dev, /proc, /sys, a VOLUME or the WORKDIR. `terminarium "
        "run IMAGE --sample` on your own machine shows the engine's message."
    ),
}


# By what the run ended with, where that says more than the step.
REMEDIES_OF_OUTCOMES: Mapping[str, str] = {
    Run.Ending.NO_GPU: (
        "The image requires a newer GPU driver than these nodes have. NVIDIA_REQUIRE_CUDA in its "
        "environment states the version (`docker inspect IMAGE`). Build it on a base image with "
        "an older CUDA version."
    ),
}


def find_fault_of_image(run: Run, step: str, outcome: str = "") -> str:
    """Return what the team is told if this run, ended at this step, counts against its image.

    Empty if the machine may still be at fault.
    """
    if not step:
        return ""
    earlier = Run.objects.filter(image=run.image_id, refused_step=step)
    # A run that ended by what the system did says that the image can be run.
    ran = Run.objects.filter(image=run.image_id, refused_step="", outcome__in=RAN)
    last = ran.aggregate(last=Max("pk"))["last"]
    earlier = earlier.filter(pk__gt=last or 0).exclude(pk=run.pk)
    engines = {tried.node.engine_key for tried in [run, *earlier.select_related("node")]}
    remedy = REMEDIES_OF_OUTCOMES.get(outcome, REMEDIES[step])
    if len(engines) >= TIMES:
        return f"{remedy} {len(engines)} machines tried it, and each ran another image next."
    first = earlier.order_by("pk").first()
    if first is None or first.ended_at is None:
        return ""
    # A machine that was short of something for a moment may recover meanwhile.
    pause = retries.ELSEWHERE_FOR if retries.others_serve(run) else retries.pause()
    if first.ended_at > database_now() - pause:
        return ""
    return f"{remedy} A machine tried it {TIMES} times, and ran another image next."
