"""A real Valkey Cluster on loopback: three masters with a replica each, made by commands alone."""

import itertools
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from app.local.binaries import valkey_server
from app.local.processes import spawn

_MASTERS = 3
_LAST_SLOT = 16_383
_SETTINGS = {
    "bind": "127.0.0.1",
    "cluster-enabled": "yes",
    "cluster-node-timeout": "800",
    "cluster-config-file": "nodes.conf",
    "save": "",
    "appendonly": "no",
    "daemonize": "no",
    "repl-diskless-sync-delay": "0",
    "repl-ping-replica-period": "1",
}

# Parameters of a fixture for what must run on one server and on a cluster alike; `valkey_url` tells which.
ON_BOTH = ("server", pytest.param("cluster", marks=pytest.mark.xdist_group("valkey_cluster")))


def valkey_url(request: pytest.FixtureRequest) -> str:
    """The URL of the server or cluster that a test with the parameters `ON_BOTH` shall use."""
    if request.param == "server":
        url: str = request.getfixturevalue("redis_url")
        return url
    cluster: LocalCluster = request.getfixturevalue("valkey_cluster")
    return cluster.url


class LocalCluster:
    """Six nodes below `folder`; `url` names the first."""

    def __init__(self, folder: Path) -> None:
        ports = _free_ports(4 * _MASTERS)
        self.ports, buses = ports[::2], ports[1::2]
        self.url = f"redis://127.0.0.1:{self.ports[0]}?cluster=true"
        self._processes = {}
        for port, bus in zip(self.ports, buses, strict=True):
            home = folder / str(port)
            home.mkdir(parents=True)
            argv: list[str | Path] = [valkey_server(), "--port", str(port), "--cluster-port", str(bus)]
            argv += itertools.chain(*((f"--{name}", value) for name, value in _SETTINGS.items()))
            argv += ["--dir", home]
            self._processes[port] = spawn(
                argv, env=os.environ, dies_by=signal.SIGTERM, output=home / "valkey.log", cwd=home
            )
        self._nodes = {port: redis.Redis(port=port, decode_responses=True) for port in self.ports}
        self._form(dict(zip(self.ports, buses, strict=True)))

    def owner_of(self, key: str) -> int:
        """The port of the master that serves a key."""
        for port, process in self._processes.items():
            if process.poll() is None:
                ranges = self._nodes[port].execute_command("CLUSTER SLOTS")
                slot = self._nodes[port].execute_command("CLUSTER KEYSLOT", key)
                return next(int(nodes[0][1]) for low, high, *nodes in ranges if low <= slot <= high)
        raise AssertionError("all nodes are dead")

    def kill(self, port: int) -> None:
        """Kill -9 a node."""
        self._processes[port].kill()
        self._processes[port].wait()

    def stop(self) -> None:
        """Kill all of them."""
        for node in self._nodes.values():
            node.close()
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()

    def _form(self, buses: dict[int, int]) -> None:
        masters, replicas = self.ports[:_MASTERS], self.ports[_MASTERS:]
        first, *others = self.ports
        _until(lambda: all(_answers(node) for node in self._nodes.values()))
        for number, port in enumerate(masters):
            low, high = (_LAST_SLOT + 1) * number // _MASTERS, (_LAST_SLOT + 1) * (number + 1) // _MASTERS - 1
            self._ask(port, "CLUSTER", "ADDSLOTSRANGE", low, high)
            self._ask(port, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for port in others:
            self._ask(first, "CLUSTER", "MEET", "127.0.0.1", port, buses[port])
        _until(lambda: all(self._info(port)["cluster_known_nodes"] == str(len(self.ports)) for port in self.ports))
        for master, replica in zip(masters, replicas, strict=True):
            self._ask(replica, "CLUSTER", "REPLICATE", self._ask(master, "CLUSTER", "MYID"))
        _until(
            lambda: all(self._nodes[port].info("replication").get("master_link_status") == "up" for port in replicas)
        )
        _until(lambda: all(self._info(port)["cluster_state"] == "ok" for port in self.ports))

    def _ask(self, port: int, *command: object) -> object:
        return self._nodes[port].execute_command(*command)

    def _info(self, port: int) -> dict[str, str]:
        found = self._ask(port, "CLUSTER INFO")
        assert isinstance(found, dict)
        return found


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def _answers(node: "redis.Redis") -> bool:
    try:
        return bool(node.ping())
    except redis.ConnectionError:
        return False


def _until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "the cluster does not form"
        time.sleep(0.02)
