"""Made-up names of systems."""

from __future__ import annotations

from leaderboard import aliases as module
from leaderboard.aliases import make_aliases


def test_each_entry_has_a_name_of_its_own():
    names = make_aliases(range(1, 20_001))  # so many that short ones coincide

    assert len(set(names.values())) == len(names)


def test_a_name_depends_on_the_entry_alone():
    assert make_aliases([7])[7] == make_aliases([3, 7, 9])[7]


def test_another_secret_makes_other_names(settings):
    before = make_aliases([7])
    settings.SECRET_KEY = "another"

    assert make_aliases([7]) != before


def test_two_that_would_be_called_the_same_get_longer_names(monkeypatch):
    monkeypatch.setattr(
        module, "_make_code", lambda entry, _: f"BCDF{entry:08}" if entry < 3 else "GHJK"
    )

    names = make_aliases([1, 2, 3])

    assert list(names.values()) == ["System BCDF00000001", "System BCDF00000002", "System GHJK"]


def test_their_order_is_not_the_order_of_entries():
    names = list(make_aliases(range(100)).values())

    assert names not in (sorted(names), sorted(names, reverse=True))
