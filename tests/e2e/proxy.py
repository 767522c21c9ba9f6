"""nginx with the configuration that we ship, in front of three web servers."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from demo.child_processes import HOST
from tests.e2e.site import Site
from tests.environment import ROOT
from tests.services.service import free_port

CONFIGURATION = ROOT / "deploy" / "nginx" / "terminarium.conf"
SOCKETS = ("pages", "uploads", "nodes")
MAIN = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class Proxy:
    """nginx in a folder of its own; only places and ports differ from what we ship."""

    def __init__(self, program: str, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.port = free_port()
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
                *("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)),
            ],
            check=True,
            capture_output=True,
        )
        text = CONFIGURATION.read_text()
        replaced = {
            r"listen \[::\]:\d+( ssl)?;": "",
            r"listen 80;": f"listen {HOST}:{free_port()};",
            r"listen 443 ssl;": f"listen {HOST}:{self.port} ssl;",
            r"server_name [^;]+;": "server_name localhost;",
            r"/etc/letsencrypt/\S+/fullchain\.pem": str(certificate),
            r"/etc/letsencrypt/\S+/privkey\.pem": str(key),
            r"/run/terminarium-(\w+)/web\.sock": rf"{folder}/\1.sock",
            r"/var/cache/terminarium": f"{folder}/cache",
            r"\$host;": "$http_host;",  # with the port, which is not the usual one here
        }
        for pattern, value in replaced.items():
            text, count = re.subn(pattern, value, text)
            assert count, f"{CONFIGURATION.name} has no {pattern}"
        (folder / "site.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""  # the folder is nobody else's
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))

    def start(self, site: Site, names: Sequence[str] = SOCKETS) -> None:
        """Start the three servers and nginx; the site's address is nginx's from now on.

        `names` are the servers that a test needs, if not all.
        """
        site.manage("collectstatic", "--no-input", "--verbosity", "0")
        for name in names:
            bind = f"unix:{self.folder / name}.sock"
            site.children.start(f"server-{name}", "config.serve", "--bind", bind)
        checked = subprocess.run(self._command("-t"), capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        assert "warn" not in checked.stderr, checked.stderr
        self._process = subprocess.Popen(self._command())
        deadline = time.monotonic() + 60
        while not (self._listens() and self._have_sockets(names)):
            site.children.check()
            assert time.monotonic() < deadline, site.log_tails()
            time.sleep(0.1)
        site.url = f"https://{HOST}:{self.port}"

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def _listens(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex((HOST, self.port)) == 0

    def _have_sockets(self, names: Sequence[str]) -> bool:
        return all((self.folder / f"{name}.sock").exists() for name in names)

    def _command(self, *more: str) -> list[str]:
        return [self._program, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), *more]
