"""What may be released, and with which words."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from isobar import __version__
from isobar.settings import PROJECT_ROOT
from tools.release import ReleaseError, main, notes

CHANGELOG = """# Changelog

## [Unreleased]

- Not yet.

## [1.2.3] - 2026-03-01

### Added

- The thing.

## [1.2.2] - 2026-02-01

- Before it.
"""


def test_the_chapter_of_the_version_is_the_text() -> None:
    assert notes("v1.2.3", CHANGELOG, "1.2.3") == "### Added\n\n- The thing.\n"
    assert notes("v1.2.2", CHANGELOG, "1.2.2") == "- Before it.\n"


@pytest.mark.parametrize(
    ("tag", "version", "said"),
    [
        ("v1.2.4", "1.2.3", "the tag v1.2.4 is not v1.2.3"),
        ("1.2.3", "1.2.3", "the tag 1.2.3 is not v1.2.3"),
        ("", "1.2.3", r"\(none\)"),
        ("v1.2.4", "1.2.4", r"nothing under ## \[1\.2\.4\]"),
        ("v1.2.30", "1.2.30", "nothing under"),
    ],
)
def test_what_must_not_be_released_says_why(tag: str, version: str, said: str) -> None:
    with pytest.raises(ReleaseError, match=said):
        notes(tag, CHANGELOG, version)


def test_a_version_that_is_still_unreleased_cannot_go_out(tmp_path) -> None:
    with pytest.raises(SystemExit, match=r"release: CHANGELOG\.md has nothing under"):
        main(f"v{__version__}", str(tmp_path / "notes.md"))
    assert not (tmp_path / "notes.md").exists()


def certificate(folder: Path) -> Path:
    """A certificate of this machine's loopback, with its key, for a minute."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(minutes=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "loopback.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    return path


@pytest.mark.skipif(shutil.which("gh") is None, reason="gh is not installed (apt-get install gh)")
def test_the_release_is_made_with_its_tag_and_words(tmp_path: Path) -> None:
    """The real gh, before a server that answers as GitHub does."""
    asked: list[tuple[str, dict[str, Any]]] = []

    class GitHub(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, json.loads(self.rfile.read(int(self.headers["content-length"])))))
            if self.path.endswith("/graphql"):
                answer: dict[str, Any] = {"data": {"repository": {"ref": {"id": "of the tag"}}}}
            else:
                answer = {"html_url": "https://localhost/releases/v1.2.3"}
            body = json.dumps(answer).encode()
            self.send_response(200 if self.path.endswith("/graphql") else 201)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "release-notes.md").write_text("### Added\n", encoding="utf-8")
    with HTTPServer(("127.0.0.1", 0), GitHub) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        host = f"localhost:{server.server_port}"
        made = subprocess.run(
            ["make", "--makefile", PROJECT_ROOT / "Makefile", "release"],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "TAG": "v1.2.3",
                "GH_HOST": host,
                "GH_REPO": f"{host}/isobar/isobar",
                "GH_ENTERPRISE_TOKEN": "any text",
                "SSL_CERT_FILE": str(pem),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        server.shutdown()
    assert made.returncode == 0, made.stderr
    assert asked[0][1]["variables"]["tagName"] == "refs/tags/v1.2.3", "the tag is asked for, not made"
    path, words = asked[-1]
    assert path == "/api/v3/repos/isobar/isobar/releases"
    assert (words["tag_name"], words["name"], words["body"]) == ("v1.2.3", "Isobar v1.2.3", "### Added\n")
