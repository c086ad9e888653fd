"""Ceph's object gateway: a real S3 server from Debian's packages, with signatures, conditional writes and expiry.

One monitor, one storage daemon and one gateway. Objects live in memory: a start begins with an empty cluster.
"""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path

from tools.services.processes import NotReady, Processes
from tools.services.s3 import S3Server
from tools.services.server import LOOPBACK, Place

MEMORY_BYTES = 4 << 30
"""What objects may take in all; memory is used as they come."""

LIFECYCLE_DAY_SECONDS = 10
"""A day of a lifecycle rule (`rgw_lc_debug_interval`), so that a test can wait for an expiry."""

USER = "isobar"

ANSWER_SECONDS = 5
"""For a question to the cluster that is starting; it is asked again."""

CONFIGURATION = """\
[global]
fsid = {fsid}
mon_host = {monitors}
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
ms_bind_ipv6 = false
keyring = {folder}/keyring
mon_data = {folder}/mon
osd_data = {folder}/osd
run_dir = {folder}
admin_socket =
log_file = {folder}/$name.ceph.log
mon_cluster_log_file = {folder}/cluster.log
# one of each daemon
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
osd_objectstore = memstore
memstore_device_bytes = {memory}
[client.rgw]
rgw_frontends = beast endpoint={host}:{port}
rgw_dns_name = {host}
rgw_lc_debug_interval = {day}
rgw_enable_usage_log = false
rgw_exit_timeout_secs = 5
[osd.0]
public_addr = {host}
cluster_addr = {host}
"""

KEYS = {
    "mon.": {"mon": "allow *"},
    "client.admin": {"mon": "allow *", "osd": "allow *", "mgr": "allow *"},
    "client.rgw": {"mon": "allow *", "osd": "allow *"},
    "osd.0": {"mon": "allow profile osd", "osd": "allow *"},
}
"""Who may do what in the cluster: Ceph 16's gateway does not start without authentication."""


class Ceph(S3Server):
    """Three daemons: `ceph-mon`, `ceph-osd`, `radosgw`."""

    name = "ceph"
    summary = "S3, real: Ceph's object gateway; keeps nothing when it stops"
    port = 17480
    port_count = 3
    """The gateway's, and the monitor's in its two protocols."""

    programs = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "ceph-authtool", "monmaptool")
    packages = ("ceph-mon", "ceph-osd", "radosgw")
    profile = "s3"

    def start(self, place: Place, processes: Processes) -> dict[str, str]:
        fsid = str(uuid.uuid4())
        _configure(place, processes, fsid)
        _start_monitor(place, processes, fsid)
        _start_storage(place, processes)
        gateway = [*_configured(place), "-n", "client.rgw"]
        user = ["user", "create", f"--uid={USER}", f"--display-name={USER}"]
        (keys,) = json.loads(processes.call("radosgw-admin", ["radosgw-admin", *gateway, *user]))["keys"]
        processes.spawn("radosgw", ["radosgw", *gateway, "-f"])
        processes.wait("radosgw", lambda: self.is_healthy(place))
        return self.with_bucket(place, keys["access_key"], keys["secret_key"])


def _configured(place: Place) -> list[str | Path]:
    return ["-c", place.folder / "ceph.conf"]


def _monitors(place: Place) -> str:
    return f"[v2:{LOOPBACK}:{place.port + 1},v1:{LOOPBACK}:{place.port + 2}]"


def _configure(place: Place, processes: Processes, fsid: str) -> None:
    """An empty cluster's folders, keys and configuration."""
    for name in ("mon", "osd"):
        shutil.rmtree(place.folder / name, ignore_errors=True)
        (place.folder / name).mkdir()
    keyring = place.folder / "keyring"
    keyring.unlink(missing_ok=True)
    keyring.touch(0o600)
    for who, rights in KEYS.items():
        granted = [word for kind, right in rights.items() for word in ("--cap", kind, right)]
        processes.call("ceph-authtool", ["ceph-authtool", keyring, "-n", who, "--gen-key", *granted])
    text = CONFIGURATION.format(
        fsid=fsid,
        monitors=_monitors(place),
        folder=place.folder,
        memory=MEMORY_BYTES,
        host=LOOPBACK,
        port=place.port,
        day=LIFECYCLE_DAY_SECONDS,
    )
    (place.folder / "ceph.conf").write_text(text, encoding="utf-8")


def _start_monitor(place: Place, processes: Processes, fsid: str) -> None:
    monmap = place.folder / "monmap"
    mapped: list[str | Path] = [
        "monmaptool",
        "--create",
        "--clobber",
        "--fsid",
        fsid,
        "--addv",
        "a",
        _monitors(place),
        monmap,
    ]
    processes.call("monmaptool", mapped)
    monitor = ["ceph-mon", *_configured(place), "-i", "a"]
    processes.call("ceph-mon", [*monitor, "--mkfs", "--monmap", monmap, "--keyring", place.folder / "keyring"])
    processes.spawn("ceph-mon", [*monitor, "-f"])
    processes.wait("ceph-mon", lambda: bool(_told(place, processes, "status")))


def _start_storage(place: Place, processes: Processes) -> None:
    # the daemon's identity in the cluster and the one in its folder must agree, or it never joins
    identity = str(uuid.uuid4())
    processes.call("ceph osd new", ["ceph", *_configured(place), "osd", "new", identity, "0"])
    storage: list[str | Path] = ["ceph-osd", *_configured(place), "-i", "0"]
    processes.call("ceph-osd", [*storage, "--mkfs", "--osd-uuid", identity])
    processes.spawn("ceph-osd", [*storage, "-f"])
    processes.wait("ceph-osd", lambda: "1 up" in _told(place, processes, "osd", "stat"))


def _told(place: Place, processes: Processes, *question: str) -> str:
    """What the cluster answers; nothing while it does not."""
    try:
        return processes.call("ceph", ["ceph", *_configured(place), *question], ANSWER_SECONDS)
    except NotReady:
        return ""


SERVER = Ceph()
