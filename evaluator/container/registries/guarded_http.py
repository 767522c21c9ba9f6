"""HTTP to servers that strangers name: by TLS, to public addresses, within a given time.

A registry may send us on to any server, for a token or for a blob. The guard checks the address
that is connected to and not the name, because a name can lead to the cloud's metadata service.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from evaluator.container.errors import find_root_reason
from evaluator.errors import InfrastructureError, printable

TIMEOUT = 30  # seconds for a connection, and between two pieces of an answer
CHUNK = 1024 * 1024  # bytes
TRANSLATED = IPv6Network("64:ff9b::/96")  # IPv4 addresses as IPv6-only networks write them
TUNNELS = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))  # they lead to IPv4 addresses
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "terminarium"}
SERVER_CHARACTERS = 100  # of a server's name in a message
LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
# The name system takes 253 characters; the second form is an IPv6 address.
SERVER = re.compile(rf"(?=.{{1,253}}\Z)(?:{LABEL}(?:\.{LABEL})*\.?|[0-9a-f:.]*:[0-9a-f:.]*)")

Address = IPv4Address | IPv6Address


class ForbiddenAddressError(Exception):
    """A server that we do not talk to; the message is a verb phrase that follows its name."""


class NetworkError(InfrastructureError):
    """The server does not answer, or not in time: worth another try."""


def show_server(url: str) -> str:
    """Return a URL's host and port for a message, without a login; empty if it names no host."""
    try:
        server = urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return printable(server, SERVER_CHARACTERS)


def is_public(address: Address) -> bool:
    """Return whether an address belongs to the Internet, not to a private network or a machine."""
    if isinstance(address, IPv6Address):
        if any(address in network for network in TUNNELS):
            return False
        if address in TRANSLATED:
            address = IPv4Address(int(address) & 0xFFFF_FFFF)
        elif address.ipv4_mapped:
            address = address.ipv4_mapped
    return address.is_global and not address.is_multicast


class GuardedHttp:
    """Connections that all end when `seconds` are over.

    `trusted` hosts, with their ports unless those are the usual ports, may have any address. With
    `has_loopback`, servers on this machine may answer without TLS. No proxy, password file or
    cookie is used.
    """

    def __init__(
        self, trusted: Collection[str], seconds: float, *, has_loopback: bool = False
    ) -> None:
        self._trusted = trusted
        self._has_loopback = has_loopback
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._is_late = False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._session = _Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _Adapter(self._connect))

    def __enter__(self) -> GuardedHttp:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._end()
        self._session.close()

    @contextlib.contextmanager
    def get(self, url: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        """Send a request and follow no redirect; the caller reads the body.

        Raises ForbiddenAddressError, and NetworkError for all other failures.
        """
        request = self._prepare(url, headers)
        with self._translate_errors(url):
            response = self._session.send(
                request, stream=True, timeout=TIMEOUT, allow_redirects=False
            )
        with contextlib.closing(response):
            yield response

    def _prepare(self, url: str, headers: Mapping[str, str]) -> requests.PreparedRequest:
        """Return a request whose URL is read by all libraries in the same way."""
        request = requests.Request("GET", url, headers={**HEADERS, **headers})
        try:
            prepared = self._session.prepare_request(request)
            parts = urlsplit(prepared.url or "")
            name = parts.hostname or ""
        except (requests.RequestException, HTTPError, ValueError):
            raise ForbiddenAddressError("has no valid name or port") from None
        if parts.scheme != "https" and not (parts.scheme == "http" and self._has_loopback):
            raise ForbiddenAddressError("is not reached by https://")
        if "@" in parts.netloc:
            raise ForbiddenAddressError("is named with a password")
        if not SERVER.fullmatch(name) or not (prepared.url or "").startswith("http"):
            raise ForbiddenAddressError("has no valid name or port")
        return prepared

    def read_pieces(self, response: requests.Response) -> Iterator[bytes]:
        """Yield the body as it comes, whatever its headers say of length and coding."""
        with self._translate_errors(response.url):
            while piece := response.raw.read(CHUNK, decode_content=False):
                yield piece
            if self._is_late:  # a body of unknown length seems to end where we end it
                raise TimeoutError

    @contextlib.contextmanager
    def _translate_errors(self, url: str) -> Iterator[None]:
        host = show_server(url)
        try:
            yield
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            if self._is_late:
                raise NetworkError(f"{host}: the time for all of it is up.") from error
            if not isinstance(error, OSError | HTTPError):
                raise  # the answer is at fault, not the network: it would be the same again
            raise NetworkError(f"{host}: {find_root_reason(error)}") from error

    def _connect(self, connection: HTTPConnection) -> socket.socket:
        """Connect to an address of a host, after all its addresses were checked."""
        host = connection.host.strip("[]")
        addresses = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
        for *_, place in addresses:
            self._require_allowed(connection, ip_address(str(place[0]).partition("%")[0]))
        failure = OSError("the name has no address")
        for family, kind, protocol, _, place in addresses:
            opened = socket.socket(family, kind, protocol)
            try:
                opened.settimeout(TIMEOUT)
                opened.connect(place)
                with self._lock:
                    if self._is_late:
                        raise TimeoutError
                    # A handle of our own: TLS takes the other handle over.
                    self._sockets.append(opened.dup())
                return opened
            except OSError as error:
                opened.close()
                failure = error
        raise failure

    def _require_allowed(self, connection: HTTPConnection, address: Address) -> None:
        if not isinstance(connection, HTTPSConnection):
            if not address.is_loopback:
                raise ForbiddenAddressError("is not reached by https://")
            return
        names = {f"{connection.host}:{connection.port}"}
        if connection.port == connection.default_port:
            names.add(connection.host)
        if names.isdisjoint(self._trusted) and not is_public(address):
            raise ForbiddenAddressError("has no public address")

    def _end(self) -> None:
        """End every connection, whatever somebody waits for."""
        with self._lock:
            self._is_late = True
            for opened in self._sockets:
                with contextlib.suppress(OSError):
                    opened.shutdown(socket.SHUT_RDWR)
                opened.close()
            self._sockets.clear()


class _Session(requests.Session):
    """A session that ignores redirects: requests would read the whole body of each redirect."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class _Adapter(HTTPAdapter):
    """Opens each new connection by a function of ours."""

    def __init__(self, connect: Callable[[HTTPConnection], socket.socket]) -> None:
        self._connect = connect
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        connect = self._connect

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return connect(self)

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return connect(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
