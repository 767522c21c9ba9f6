from __future__ import annotations

from django.urls import path

from organise.views import (
    announcing,
    corrections,
    ending,
    entries,
    exports,
    home,
    log,
    new_test_set,
    nodes,
    overview,
    people,
    phases,
    release,
    roles,
    sending,
    setup,
    team_actions,
)

urlpatterns = [
    path("organise/", home.home, name="organise"),
    path("organise/new", setup.new_task, name="organise-new"),
    # What belongs to no shared task. No page of a shared task called nodes ends like these.
    path("organise/nodes/<slug:name>/drain", nodes.drain, name="organise-drain"),
    path("organise/nodes/<slug:name>/undrain", nodes.undrain, name="organise-undrain"),
    path(
        "organise/images/<int:pk>/lift-quarantine",
        nodes.lift_quarantine,
        name="organise-lift-quarantine",
    ),
    # Of a shared task.
    path("organise/<slug:task>/", overview.overview, name="organise-task"),
    path("organise/<slug:task>/setup", setup.setup, name="organise-setup"),
    path("organise/<slug:task>/setup/new-mode", setup.new_mode, name="organise-new-mode"),
    path(
        "organise/<slug:task>/setup/new-test-set",
        new_test_set.new_test_set,
        name="organise-new-test-set",
    ),
    path(
        "organise/<slug:task>/setup/create-test-set",
        new_test_set.create_test_set,
        name="organise-create-test-set",
    ),
    path("organise/<slug:task>/setup/test-sets/<int:pk>", setup.test_set, name="organise-test-set"),
    path("organise/<slug:task>/release", release.release, name="organise-release"),
    path(
        "organise/<slug:task>/release/publish",
        release.publish_release,
        name="organise-publish-release",
    ),
    path("organise/<slug:task>/release/end", release.end_release, name="organise-end-release"),
    path("organise/<slug:task>/exports", exports.exports, name="organise-exports"),
    path("organise/<slug:task>/requeue", overview.requeue, name="organise-requeue"),
    path("organise/<slug:task>/entries", entries.entries, name="organise-entries"),
    path("organise/<slug:task>/entries/act", entries.act, name="organise-act"),
    path("organise/<slug:task>/log", log.log, name="organise-log"),
    path("organise/<slug:task>/log.csv", log.log_as_csv, name="organise-log-csv"),
    path("organise/<slug:task>/phases/", phases.phases, name="organise-phases"),
    path("organise/<slug:task>/new-phase", phases.new_phase, name="organise-new-phase"),
    path("organise/<slug:task>/phases/<slug:phase>", phases.phase, name="organise-phase"),
    path("organise/<slug:task>/phases/<slug:phase>/pause", ending.pause, name="organise-pause"),
    path("organise/<slug:task>/phases/<slug:phase>/resume", ending.resume, name="organise-resume"),
    path("organise/<slug:task>/announce", announcing.announce, name="organise-announce"),
    path("organise/<slug:task>/retire/<slug:part>", ending.retire, name="organise-retire"),
    path("organise/<slug:task>/put-back/<slug:part>", ending.put_back, name="organise-put-back"),
    path("organise/<slug:task>/delete/<slug:part>", ending.delete, name="organise-delete"),
    # Of its people.
    path("organise/<slug:task>/people", people.people, name="organise-people"),
    path("organise/<slug:task>/people/verify", people.verify, name="organise-verify"),
    path(
        "organise/<slug:task>/people/participants.csv",
        people.participants,
        name="organise-participants",
    ),
    path("organise/<slug:task>/people/organisers", roles.roles, name="organise-roles"),
    path("organise/<slug:task>/people/organisers/<int:pk>", roles.role, name="organise-role"),
    path(
        "organise/<slug:task>/people/organisers/<int:pk>/remove",
        roles.remove_role,
        name="organise-remove-role",
    ),
    path("organise/<slug:task>/people/<int:team>", people.team, name="organise-team"),
    path("organise/<slug:task>/corrections/", corrections.corrections, name="organise-corrections"),
    path(
        "organise/<slug:task>/corrections/<int:pk>",
        corrections.correction,
        name="organise-correction",
    ),
    path(
        "organise/<slug:task>/corrections/<int:pk>/score",
        corrections.score,
        name="organise-correction-score",
    ),
    path(
        "organise/<slug:task>/corrections/<int:pk>/publish",
        corrections.publish,
        name="organise-correction-publish",
    ),
    path(
        "organise/<slug:task>/corrections/<int:pk>/discard",
        corrections.discard,
        name="organise-correction-discard",
    ),
]
for name, view in (
    ("unverify", team_actions.unverify),
    ("decline", team_actions.decline),
    ("remove-team", team_actions.remove),
    ("readmit", team_actions.readmit),
):
    address = f"organise/<slug:task>/people/<int:team>/{name}"
    urlpatterns.append(path(address, view, name=f"organise-{name}"))
for name, view in (
    ("extend", team_actions.extend),
    ("end-extension", team_actions.end_extension),
    ("send-for", sending.send_for),
):
    address = f"organise/<slug:task>/people/<int:team>/{name}/<slug:phase>"
    urlpatterns.append(path(address, view, name=f"organise-{name}"))
