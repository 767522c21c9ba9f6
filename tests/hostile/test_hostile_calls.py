"""What each system call answers under our seccomp profile, and that honest systems need no more.

gVisor does not apply the profile: its own kernel answers, so the table has a column for each.
"""

from __future__ import annotations

import json

import pytest

from evaluator.container import MB, Limits, Outcome, run
from tests.containers import EN_FR, make_segments

LIMITS = Limits(wall_time=60, memory=512 * MB, processes=256, tmp=32 * MB, shared_memory=16 * MB)

# Makes each call and writes what it answers: the error's name, ok, or the signal that ended it.
PROBE = r"""
import ctypes, errno, json, mmap, os, sys
libc = ctypes.CDLL(None, use_errno=True)

def answer(call):
    #Return a call's answer in a process of its own: some do something.
    child = os.fork()
    if not child:
        result = call()
        os._exit(ctypes.get_errno() if result == -1 else min(max(-result, 0), 255))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return "killed" if status < 0 else errno.errorcode[status] if status else "ok"

def plain(*words):
    return lambda: libc.syscall(*[ctypes.c_long(word) for word in words])

def in_32_bits(number, first):
    # push rbx; mov eax, number; mov ebx, first; xor ecx, ecx; int 0x80; pop rbx; ret
    code = b"\xb8" + number.to_bytes(4, "little") + b"\xbb" + first.to_bytes(4, "little")
    code = b"\x53" + code + b"\x31\xc9\xcd\x80\x5b\xc3"
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    start = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_int)(start)

calls = json.loads(sys.argv[1])
answers = {name: answer(plain(*words)) for name, words in calls.items()}
answers["32-bit socketcall"] = answer(in_32_bits(102, 1))
answers["32-bit getpid"] = answer(in_32_bits(20, 0))
answers["x32 socket"] = answer(plain(0x40000000 + 41, 40, 1, 0))
print(json.dumps(answers), file=sys.stderr)
"""
NEW_USER = 0x10000000
# name: its number on amd64 and its arguments, what runc and what gVisor answers
CALLS: dict[str, tuple[tuple[int, ...], str, str]] = {
    "io_uring_setup": ((425, 8, 0), "EPERM", "EFAULT"),
    "io_uring_enter": ((426, 0, 0, 0, 0, 0, 0), "EPERM", "EPERM"),
    "io_uring_register": ((427, 0, 0, 0, 0), "EPERM", "ENOSYS"),
    "bpf": ((321, 0, 0, 0), "EPERM", "EPERM"),
    "userfaultfd": ((323, 0), "EPERM", "ENOSYS"),
    "keyctl": ((250, 0, -3, 0), "EPERM", "EACCES"),
    "add_key": ((248, 0, 0, 0, 0, 0), "EPERM", "EACCES"),
    "request_key": ((249, 0, 0, 0, 0), "EPERM", "EACCES"),
    "ptrace": ((101, 0, 0, 0, 0), "EPERM", "ok"),
    "process_vm_readv": ((310, 1, 0, 0, 0, 0, 0), "EPERM", "ENOSYS"),
    "process_vm_writev": ((311, 1, 0, 0, 0, 0, 0), "EPERM", "ENOSYS"),
    "kcmp": ((312, 1, 1, 0, 0, 0), "EPERM", "EPERM"),
    "perf_event_open": ((298, 0, 0, 0, 0, 0), "EPERM", "ENODEV"),
    "open_by_handle_at": ((304, 0, 0, 0), "EPERM", "ENOTSUP"),
    "mount": ((165, 0, 0, 0, 0, 0), "EPERM", "EPERM"),
    "setns": ((308, 0, 0), "EPERM", "ENOTSUP"),
    "unshare a user namespace": ((272, NEW_USER), "EPERM", "ok"),
    "clone a user namespace": ((56, NEW_USER | 17, 0, 0, 0, 0), "EPERM", "ok"),
    "clone3": ((435, 0, 0), "ENOSYS", "ENOSYS"),
    "personality without random addresses": ((135, 0x0040000), "EPERM", "EINVAL"),
    "AF_UNIX": ((41, 1, 1, 0), "ok", "ok"),
    "AF_INET": ((41, 2, 1, 0), "ok", "ok"),
    "AF_INET, datagrams": ((41, 2, 2, 0), "ok", "ok"),
    "AF_INET6": ((41, 10, 1, 0), "ok", "ok"),
    "NETLINK_ROUTE": ((41, 16, 3, 0), "ok", "ok"),
    "NETLINK_KOBJECT_UEVENT": ((41, 16, 3, 15), "EPERM", "ok"),
    "NETLINK_NETFILTER": ((41, 16, 3, 12), "EPERM", "EPROTONOSUPPORT"),
    "NETLINK_GENERIC": ((41, 16, 3, 16), "EPERM", "EPROTONOSUPPORT"),
    "AF_VSOCK": ((41, 40, 1, 0), "EPERM", "EAFNOSUPPORT"),
    "AF_VSOCK, high bits set": ((41, 40 + 2**32, 1, 0), "EPERM", "EAFNOSUPPORT"),
    "AF_PACKET": ((41, 17, 3, 0), "EPERM", "EPERM"),
    "AF_ALG": ((41, 38, 5, 0), "EPERM", "EAFNOSUPPORT"),
    "AF_TIPC": ((41, 30, 1, 0), "EPERM", "EAFNOSUPPORT"),
    "AF_CAN": ((41, 29, 3, 1), "EPERM", "EAFNOSUPPORT"),
    "AF_BLUETOOTH": ((41, 31, 3, 1), "EPERM", "EAFNOSUPPORT"),
    "AF_XDP": ((41, 44, 3, 0), "EPERM", "EAFNOSUPPORT"),
    "a pair of AF_TIPC": ((53, 30, 1, 0, 0), "EPERM", "EAFNOSUPPORT"),
}
OTHER_WORDS = {  # of 32-bit programs, and of the x32 kind
    "32-bit socketcall": ("killed", "killed"),
    "32-bit getpid": ("killed", "killed"),
    "x32 socket": ("killed", "ENOSYS"),
}


@pytest.fixture
def run_python(engine_address, images, python_base, runtime):
    """Return a function that runs a Python program in a container and returns the result."""

    def run_python(program, *words):
        image = images.make_on(python_base, "/bin/python3", "-c", program, *words)
        return run(image, make_segments(5), EN_FR, LIMITS, address=engine_address, runtime=runtime)

    return run_python


def test_each_call_answers_as_the_table_says(run_python, runtime):
    column = ("runc", "runsc").index(runtime)

    result = run_python(PROBE, json.dumps({name: call[0] for name, call in CALLS.items()}))

    expected = {name: answers[column] for name, (_, *answers) in CALLS.items()}
    expected |= {name: answers[column] for name, answers in OTHER_WORDS.items()}
    assert json.loads(result.log) == expected


# As llama.cpp and vLLM do: a server on loopback, which the system asks for each translation; by
# IPv4, IPv6, a Unix socket and a pair of processes.
SERVER = r"""
import asyncio, http.client, http.server, json, multiprocessing, socket, sys, threading

class Translator(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words):
        pass

class OverIPv6(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

def serve(kind, address):
    server = kind((address, 0), Translator)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return address, server.server_address[1]

def translate(place, text):
    connection = http.client.HTTPConnection(*place, timeout=20)
    connection.request("POST", "/", text.encode())
    return connection.getresponse().read().decode()

async def echo_over_unix(path):
    async def answer(reader, writer):
        writer.write(await reader.readline())
        writer.close()
    async with await asyncio.start_unix_server(answer, path):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"unix\n")
        return (await reader.readline()).decode().strip()

def work(pipe):
    pipe.send("child")

if __name__ == "__main__":
    mapped = "::ffff:127.0.0.1"  # IPv6 that works where the container has no address of it
    places = [serve(http.server.ThreadingHTTPServer, "127.0.0.1"), serve(OverIPv6, mapped)]
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=work, args=(theirs,))
    child.start()
    print(asyncio.run(echo_over_unix("/tmp/x")), ours.recv(), file=sys.stderr)
    print(*(name for _, name in socket.if_nameindex() if name == "lo"), file=sys.stderr)
    print(socket.getaddrinfo("localhost", 80)[0][4][0], file=sys.stderr)
    for number, line in enumerate(sys.stdin):
        segment = json.loads(line)
        text = translate(places[number % 2], segment["source"])
        print(json.dumps({"id": segment["id"], "translation": text}))
"""


def test_a_system_that_serves_itself_on_loopback_works(run_python):
    result = run_python(SERVER)

    assert result.outcome is Outcome.OK, (result.message, result.log)
    assert result.translations == tuple(segment.source for segment in make_segments(5))
    assert result.log.split() in (
        ["unix", "child", "lo", address] for address in ("127.0.0.1", "::1")
    )
