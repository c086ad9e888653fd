"""The secret scan finds a planted key, and keeps quiet about what is no key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# put together here, so that the scan of this very file finds nothing
PLANTED = "".join(f"{number:x}" for number in (7, 4, 13, 1, 9, 0, 2, 15) * 4)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        (f'api_key = "{PLANTED}"\n', True),
        ('private_key = "' + "-----BEGIN RSA " + 'PRIVATE KEY-----"\n', True),
        ('station = "07510"\n', False),
        (f"- uses: actions/checkout@{PLANTED}{PLANTED[:8]} # v7.0.1\n", False),
    ],
)
def test_the_scan_finds_keys(text: str, is_found: bool, tmp_path: Path, project_root: Path) -> None:
    file = tmp_path / "settings.py"
    file.write_text(text, encoding="utf-8")
    scan = subprocess.run(
        [Path(sys.executable).parent / "detect-secrets-hook", "--baseline", ".secrets.baseline", file],
        cwd=project_root,
        capture_output=True,
        check=False,
        text=True,
    )
    assert (scan.returncode == 1) is is_found, scan.stdout + scan.stderr
