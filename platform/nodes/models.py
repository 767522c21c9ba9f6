"""The machines that run systems, and every attempt to run a system."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models import Team
from evaluator.container import Outcome
from files.models import StoredFile
from images.models import Image
from submissions.models import Entry, Submission

TOKEN_HASH_LENGTH = 64


class Node(models.Model):
    """A machine that runs one system at a time. Only its token says what it may do."""

    name = models.SlugField(max_length=50, unique=True)
    token_hash = models.CharField(max_length=TOKEN_HASH_LENGTH, unique=True)  # SHA-256
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)  # its token opens nothing any more
    drained_at = models.DateTimeField(null=True, blank=True)  # it is given nothing new
    drain_reason = models.TextField(blank=True)
    takes_cpu_work = models.BooleanField(
        default=True, help_text="Off: it is kept for systems that need its GPU."
    )
    last_seen_at = models.DateTimeField(null=True, blank=True)
    # What it says of itself whenever it asks for work.
    gpus = models.JSONField(default=list, blank=True)  # ids, as its engine knows them
    cpus = models.FloatField(default=0)
    memory = models.PositiveBigIntegerField(default=0)  # bytes
    runtime = models.CharField(max_length=50, blank=True)  # of its engine; empty: the usual runtime
    version = models.CharField(max_length=50, blank=True)
    engine = models.CharField(max_length=100, blank=True)  # its engine's own id; empty: unknown
    # Its health: nodes.runs.fitness keeps these.
    failures = models.PositiveSmallIntegerField(default=0)  # runs that its side spoiled, in a row
    failing_since = models.DateTimeField(null=True, blank=True)  # until its own check passes
    failing_reason = models.TextField(blank=True)  # for organisers
    restarts = models.PositiveSmallIntegerField(default=0)  # with a run under way, in a row
    not_before = models.DateTimeField(null=True, blank=True)  # it is given nothing until then
    # The process that works with its token: nodes.runs.processes keeps these.
    process_id = models.CharField(max_length=32, blank=True)  # new at each start
    process_host = models.CharField(max_length=255, blank=True)
    process_pid = models.PositiveBigIntegerField(null=True, blank=True)
    process_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def engine_key(self) -> str:
        """Return what nodes on the same machine share.

        A node that does not name its engine counts as a machine of its own.
        """
        return f"engine {self.engine}" if self.engine else f"node {self.pk}"


class RunQuerySet(models.QuerySet["Run"]):
    """Runs, as managers and relations give them."""

    def only_progress(self) -> RunQuerySet:
        """Load `Run.facts` and the rest of a progress bar: no problems, messages or details."""
        shown = ("purpose", "segments", "stage", "done", "memory", "outcome", "log")
        return self.only("entry", "submission", *shown)


class Run(models.Model):
    """An attempt to run an image on a node: on sample sentences first, then for an entry.

    It is the node's as long as its lease holds; whatever is written for it carries its fence.
    """

    class Purpose(models.TextChoices):
        SMOKE = "smoke", "smoke run"  # once per submission and language pair
        TEST = "test", "run on the test set"

    class Stage(models.TextChoices):
        CLAIMED = "claimed"
        FETCHING = "fetching"
        RUNNING = "running"

    class Ending(models.TextChoices):
        """How it ended: as the evaluator says, or as only we can know."""

        OK = Outcome.OK.value
        CRASHED = Outcome.CRASHED.value
        TIMEOUT = Outcome.TIMEOUT.value
        OUT_OF_MEMORY = Outcome.OUT_OF_MEMORY.value
        BAD_OUTPUT = Outcome.BAD_OUTPUT.value
        UNSUPPORTED = Outcome.UNSUPPORTED.value
        CANCELLED = Outcome.CANCELLED.value
        IMAGE_UNAVAILABLE = Outcome.IMAGE_UNAVAILABLE.value
        NO_GPU = Outcome.NO_GPU.value
        ENGINE_ERROR = Outcome.ENGINE_ERROR.value
        NODE_LOST = "node_lost"  # its lease ended
        HANDED_BACK = "handed_back"  # the node was told to end; no attempt

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="runs")
    submission = models.ForeignKey(  # the entry's, for the constraint on smoke runs
        Submission, models.CASCADE, related_name="runs"
    )
    image = models.ForeignKey(Image, models.PROTECT, related_name="runs")
    source_language = models.CharField(max_length=20)
    target_language = models.CharField(max_length=20)
    purpose = models.CharField(max_length=10, choices=Purpose)
    node = models.ForeignKey(Node, models.PROTECT, related_name="runs")
    gpus = models.JSONField(default=list, blank=True)  # ids of those leased to it
    attempt = models.PositiveSmallIntegerField()  # of this entry and purpose, from 1
    fence = models.PositiveBigIntegerField()  # grows with every run of an entry
    lease_until = models.DateTimeField()  # by the database's clock
    started_at = models.DateTimeField()  # claimed
    heartbeat_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.CLAIMED)
    done = models.PositiveIntegerField(default=0)  # segments with a translation
    segments = models.PositiveIntegerField()
    memory = models.PositiveBigIntegerField(null=True, blank=True)  # bytes, now
    peak_memory = models.PositiveBigIntegerField(null=True, blank=True)  # bytes
    wall_time = models.FloatField(null=True, blank=True)  # seconds, of its container
    outcome = models.CharField(max_length=20, choices=Ending, blank=True)  # empty: it goes on
    exit_status = models.IntegerField(null=True, blank=True)
    message = models.TextField(blank=True)  # for the team
    problems = models.JSONField(default=list, blank=True)  # of the output, the first ones
    problem_count = models.PositiveIntegerField(default=0)
    notes = models.JSONField(default=list, blank=True)  # where the machine differs
    detail = models.TextField(blank=True)  # for organisers and operators alone
    # What the engine would not do with its image, and then did with the known good image.
    refused_step = models.CharField(max_length=10, blank=True)  # load, create, start
    log = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="log_of"
    )
    log_bytes = models.PositiveBigIntegerField(default=0)  # written, not only kept
    hypotheses = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="run_output_of"
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="run_one_open_of_an_entry", fields=["entry"], condition=Q(ended_at=None)
            ),
            models.UniqueConstraint(
                name="run_one_open_on_a_node", fields=["node"], condition=Q(ended_at=None)
            ),
            models.UniqueConstraint(
                name="run_one_open_smoke",
                fields=["submission", "source_language", "target_language"],
                condition=Q(ended_at=None, purpose="smoke"),
            ),
            models.UniqueConstraint(name="run_fence_grows", fields=["entry", "fence"]),
            models.CheckConstraint(
                name="run_ended_with_an_outcome",
                condition=Q(ended_at=None, outcome="")
                | (Q(ended_at__isnull=False) & ~Q(outcome="")),
            ),
            models.CheckConstraint(
                name="run_done_of_segments", condition=Q(done__lte=F("segments"))
            ),
        ]
        indexes = [
            # The sweeper asks for leases that have ended.
            models.Index(
                name="run_open_by_lease", fields=["lease_until"], condition=Q(ended_at=None)
            ),
            # Each claim asks whether its submission has passed a smoke run.
            models.Index(
                name="run_smoke",
                fields=["submission", "source_language", "target_language", "purpose"],
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}: entry {self.entry_id}, {self.purpose}, attempt {self.attempt}"

    @property
    def is_fault_of_team(self) -> bool:
        """Return whether the system ended it, by what it did or did not do."""
        return self.outcome in TEAMS_FAULT

    @property
    def facts(self) -> tuple[object, ...]:
        """Return what pages show of a run, as far as it can change: then they change too."""
        return (self.pk, self.stage, self.done, self.memory, self.outcome, self.log_id)


class TeamTurn(models.Model):
    """When a team last got a node: the team with the earliest turn is next."""

    team = models.OneToOneField(Team, models.CASCADE, related_name="node_turn")
    at = models.DateTimeField()  # by the database's clock

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.team_id}: {self.at}"


OURS = frozenset(
    {
        Run.Ending.NODE_LOST,
        Run.Ending.IMAGE_UNAVAILABLE,
        Run.Ending.NO_GPU,
        Run.Ending.ENGINE_ERROR,
    }
)
TEAMS_FAULT = frozenset(
    {
        Run.Ending.CRASHED,
        Run.Ending.TIMEOUT,
        Run.Ending.OUT_OF_MEMORY,
        Run.Ending.BAD_OUTPUT,
        Run.Ending.UNSUPPORTED,
    }
)
