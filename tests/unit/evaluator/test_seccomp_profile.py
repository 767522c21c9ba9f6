"""Our seccomp profile: what it allows, and that it is what the engine takes."""

from __future__ import annotations

import json

import pytest

from evaluator.container.seccomp import profile

PROFILE = json.loads(profile())
RULES = PROFILE["syscalls"]
ALLOWED = {name for rule in RULES if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]}


def test_what_is_not_named_is_refused():
    assert (PROFILE["defaultAction"], PROFILE["defaultErrnoRet"]) == ("SCMP_ACT_ERRNO", 1)
    assert {rule["action"] for rule in RULES} == {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"}


@pytest.mark.parametrize(
    "names",
    [
        "io_uring_setup io_uring_enter io_uring_register",
        "bpf userfaultfd keyctl add_key request_key",
        "ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp",
        "socketcall ipc",  # of 32-bit programs: their arguments can't be looked at
        "mount umount2 pivot_root chroot setns unshare fsopen move_mount open_tree mount_setattr",
        "init_module finit_module delete_module kexec_load reboot swapon acct syslog quotactl",
        "perf_event_open open_by_handle_at fanotify_init lookup_dcookie iopl ioperm vhangup",
        "settimeofday clock_settime sethostname setdomainname mbind set_mempolicy",
    ],
)
def test_it_allows_none_of(names):
    assert ALLOWED.isdisjoint(names.split())


def test_it_is_for_64_bits_only():
    # A second architecture, and libseccomp would let `socketcall` open any socket.
    assert not any(one["subArchitectures"] for one in PROFILE["archMap"])


def test_each_call_is_named_once_unless_its_arguments_matter():
    with_arguments = {name for rule in RULES if "args" in rule for name in rule["names"]}
    plain = [name for rule in RULES if "args" not in rule for name in rule["names"]]

    assert with_arguments == {"socket", "socketpair", "clone", "personality"}
    assert len(plain) == len(set(plain))
    assert with_arguments.isdisjoint(plain)


def test_sockets_are_of_four_kinds():
    families = [
        {test["index"]: test["value"] for test in rule["args"]}
        for rule in RULES
        if "socket" in rule["names"]
    ]

    assert families == [{0: 1}, {0: 2}, {0: 10}, {0: 16, 2: 0}]
    assert {test["op"] for rule in RULES if "socket" in rule["names"] for test in rule["args"]} == {
        "SCMP_CMP_EQ"
    }


def test_it_goes_to_the_engine_on_one_line():
    assert "\n" not in profile()
    assert len(profile()) < 10_000  # it is kept with each container
