"""What the web server's loop reads of a request before a thread takes it."""

from __future__ import annotations

import pytest

from config.body_limits import SMALL_BODY
from config.serving.arrivals import Arrival, Lane, read_arrival

HOST = b"Host: here\r\n"


def head(line: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([line + b" HTTP/1.1", b"Host: here", *headers, b"", b""])


@pytest.mark.parametrize(
    "received",
    [
        b"",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.1\r\nHost: here\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\n\r",
        b"GET / HTTP/1.1\nHost: here\n\n",  # gunicorn takes no such line ends either
    ],
)
def test_a_header_that_is_not_complete_says_nothing(received):
    assert read_arrival(received) is None


@pytest.mark.parametrize(
    ("request_line", "headers", "lane", "body"),
    [
        (b"GET /", [], Lane.PAGES, 0),
        (b"HEAD /status", [], Lane.PAGES, 0),
        (b"POST /account/sign-in", [b"Content-Length: 20"], Lane.PAGES, 20),
        (b"POST /account/sign-in", [b"CONTENT-LENGTH:\t20 "], Lane.PAGES, 20),
        (b"POST /a", [b"Content-Length: %d" % SMALL_BODY], Lane.PAGES, SMALL_BODY),
        (b"POST /a", [b"Content-Length: 0000000000000000000020"], Lane.PAGES, 20),
        (b"POST /nodes/v1/claim", [b"Content-Length: 90"], Lane.NODES, 90),
        (b"GET /nodes/v1/me", [], Lane.NODES, 0),
        (b"GET /nodesque", [], Lane.PAGES, 0),
        (b"GET /nodes/v1/runs/12/image?ticket=x", [], Lane.TRANSFERS, 0),
        (b"GET /nodes/v1/runs/12/images", [], Lane.NODES, 0),
    ],
)
def test_a_small_request_is_awaited_whole(request_line, headers, lane, body):
    received = head(request_line, *headers)

    assert read_arrival(received + b"more") == Arrival(lane, len(received) + body, is_whole=True)


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: %d" % (SMALL_BODY + 1),
        b"Content-Length: " + b"9" * 40,
        b"Content-Length: 000000000000000000000900000",
        b"Transfer-Encoding: chunked",
        b"transfer-encoding : gzip",
        b"Expect: 100-continue\r\nTransfer-Encoding: chunked",
        b"Expect: 100-continue\r\nContent-Length: %d" % (SMALL_BODY + 1),
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: +5",
        b"Content-Length: 5, 5",
        b"Content-Length : 5",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
    ],
)
@pytest.mark.parametrize("line", [b"POST /account/sign-in", b"PUT /nodes/v1/runs/1/log"])
def test_what_is_large_or_unclear_never_takes_a_thread_from_pages_or_nodes(header, line):
    received = head(line, header)

    assert read_arrival(received) == Arrival(Lane.TRANSFERS, len(received), is_whole=False)


@pytest.mark.parametrize(
    ("headers", "expects"),
    [
        ([b"Expect: 100-continue", b"Content-Length: 60000"], True),
        ([b"Content-Length: 1", b"EXPECT:100-Continue "], True),
        ([b"Content-Length: %d" % SMALL_BODY, b"expect:\t100-continue"], True),
        ([b"Expect: 100-continue", b"Content-Length: 0"], False),
        ([b"Expect: 100-continue"], False),  # there is no body
        ([b"X-Expect: 100-continue", b"Content-Length: 9"], False),
        ([b"Expect: something", b"Content-Length: 9"], False),  # gunicorn refuses it
    ],
)
@pytest.mark.parametrize("line", [b"POST /account/sign-in", b"PUT /nodes/v1/runs/1/log"])
def test_a_client_that_waits_to_go_on_with_a_small_body_is_no_transfer(line, headers, expects):
    arrival = read_arrival(head(line, *headers))

    assert arrival is not None
    assert arrival.lane != Lane.TRANSFERS
    assert (arrival.is_whole, arrival.expects) == (True, expects)


def test_an_old_client_is_not_told_to_go_on():
    received = b"POST /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"

    arrival = read_arrival(received)

    assert arrival is not None
    assert not arrival.expects


def test_what_stands_in_a_body_is_no_header():
    received = head(b"POST /", b"Content-Length: 70") + b"\r\nTransfer-Encoding: chunked\r\n\r\n"

    arrival = read_arrival(received)

    assert arrival is not None
    assert arrival.lane == Lane.PAGES
