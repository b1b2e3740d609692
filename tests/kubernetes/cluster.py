"""A Kubernetes of one node: everything in a network namespace that no other network knows."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.kubernetes.identities import Identities
from tests.kubernetes.images import PAUSE, write_pause
from tests.kubernetes.processes import Processes, TrialError

NAMESPACE = "shadower-trial"
NODE = "10.99.0.1"
PODS = "10.97.0.0/16"
SERVICES = "10.98.0.0/16"
KUBERNETES_SERVICE = "10.98.0.1"
NAMES = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"]
# The kubelet sets these for the whole machine; they are set back afterwards.
SET_BY_KUBELET = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
CONTAINERD = """version = 2
root = "{kept}"
state = "{root}/containerd-state"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.grpc.v1.tracing"]

[grpc]
address = "{socket}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{root}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
"""
RESOLVER = """.:53 {{
    bind {node}
    errors
    health {node}:8181
    kubernetes cluster.local {{
        kubeconfig {kubeconfig}
        ttl 2
    }}
    cache 2
}}
"""


@dataclass(frozen=True)
class Cluster:
    """Its files, its processes, and how to speak to it."""

    folder: Path
    bin: Path
    processes: Processes
    identities: Identities

    @property
    def told(self) -> dict[str, str]:
        return {"KUBECONFIG": self.identities.file("kubeconfig")}

    @property
    def socket(self) -> Path:
        return self.folder / "containerd.sock"

    def kubectl(self, *arguments: str, given: str | None = None, seconds: float = 120) -> str:
        return self.processes.run(
            ["kubectl", *arguments], given=given, more=self.told, seconds=seconds
        )

    def objects(self, kinds: str, namespace: str) -> list[dict[str, object]]:
        found = self.kubectl("get", kinds, "-n", namespace, "-o", "json")
        items: list[dict[str, object]] = json.loads(found[found.index("{") :])["items"]
        return items

    def import_image(self, archive: Path) -> None:
        command = [
            "ctr",
            "--address",
            str(self.socket),
            "--namespace",
            "k8s.io",
            "images",
            "import",
        ]
        self.processes.run([*command, str(archive)], seconds=600)


@contextmanager
def running(folder: Path, programs: Path) -> Iterator[Cluster]:
    """A control plane and a node, which are gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    identities = Identities(folder / "identities", f"https://{NODE}:6443")
    identities.write([NODE, KUBERNETES_SERVICE, "127.0.0.1", *NAMES])
    processes = Processes(folder / "logs", NAMESPACE)
    cluster = Cluster(folder, programs, processes, identities)
    before = {one: Path("/proc/sys", one).read_text() for one in SET_BY_KUBELET}
    with _network():
        try:
            _start_control_plane(cluster)
            _start_node(cluster)
            yield cluster
        finally:
            _end(cluster)
            for name, value in before.items():
                with suppress(OSError):
                    Path("/proc/sys", name).write_text(value)


@contextmanager
def _network() -> Iterator[None]:
    with suppress(subprocess.CalledProcessError):
        _ip("netns", "delete", NAMESPACE)
    _ip("netns", "add", NAMESPACE)
    try:
        _ip("-n", NAMESPACE, "link", "set", "lo", "up")
        _ip("-n", NAMESPACE, "address", "add", f"{NODE}/32", "dev", "lo")
        forward = "echo 1 > /proc/sys/net/ipv4/ip_forward"
        _run("nsenter", f"--net=/run/netns/{NAMESPACE}", "sh", "-c", forward)
        yield
    finally:
        _ip("netns", "delete", NAMESPACE)


def _ip(*arguments: str) -> None:
    _run("ip", *arguments)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _start_control_plane(cluster: Cluster) -> None:
    bin_, files, start = cluster.bin, cluster.identities, cluster.processes.start
    etcd = "http://127.0.0.1:2379"
    own = ["--listen-client-urls", etcd, "--advertise-client-urls", etcd, "--unsafe-no-fsync"]
    start("etcd", [str(bin_ / "etcd"), "--data-dir", str(cluster.folder / "etcd"), *own])
    start(
        "kube-apiserver",
        [
            str(bin_ / "kube-apiserver"),
            f"--etcd-servers={etcd}",
            f"--bind-address={NODE}",
            f"--advertise-address={NODE}",
            f"--service-cluster-ip-range={SERVICES}",
            f"--tls-cert-file={files.file('server.crt')}",
            f"--tls-private-key-file={files.file('server.key')}",
            f"--token-auth-file={files.file('tokens.csv')}",
            "--authorization-mode=Node,RBAC",
            "--kubelet-preferred-address-types=InternalIP",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={files.file('accounts.key')}",
            f"--service-account-signing-key-file={files.file('accounts.key')}",
        ],
    )
    is_ready = ["kubectl", "get", "--raw", "/readyz"]
    cluster.processes.until(
        "the API server", lambda: cluster.processes.succeeds(is_ready, cluster.told)
    )
    kubeconfig = f"--kubeconfig={files.file('kubeconfig')}"
    start(
        "kube-controller-manager",
        [
            str(bin_ / "kube-controller-manager"),
            kubeconfig,
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            f"--root-ca-file={files.authority}",
            f"--service-account-private-key-file={files.file('accounts.key')}",
        ],
    )
    start("kube-scheduler", [str(bin_ / "kube-scheduler"), kubeconfig, "--leader-elect=false"])


def _start_node(cluster: Cluster) -> None:
    _start_containerd(cluster)
    _start_kubelet(cluster)
    kubeconfig = cluster.identities.file("kubeconfig")
    _start_proxy(cluster, kubeconfig)
    resolver = cluster.folder / "Corefile"
    resolver.write_text(RESOLVER.format(node=NODE, kubeconfig=kubeconfig))
    cluster.processes.start("coredns", [str(cluster.bin / "coredns"), "-conf", str(resolver)])
    cluster.processes.until("a node that is ready", lambda: _is_ready(cluster))


def _is_ready(cluster: Cluster) -> bool:
    path = "{.items[*].status.conditions[?(@.type=='Ready')].status}"
    with suppress(TrialError):
        return "True" in cluster.kubectl("get", "nodes", "-o", f"jsonpath={path}")
    return False


def _start_containerd(cluster: Cluster) -> None:
    root = cluster.folder
    (root / "cni").mkdir()
    (root / "cni" / "10-ptp.conflist").write_text(json.dumps(_pod_network()))
    config = root / "containerd.toml"
    config.write_text(
        CONTAINERD.format(
            root=root, kept=root.with_name("containerd"), socket=cluster.socket, pause=PAUSE
        )
    )
    cluster.processes.start("containerd", ["containerd", "--config", str(config)])
    cluster.processes.until("containerd", cluster.socket.exists)
    archive = root / "pause.tar"
    write_pause(cluster.bin / "pause", archive)
    cluster.import_image(archive)


def _pod_network() -> dict[str, object]:
    """A pair of interfaces for each pod, whose other end is the node's."""
    addresses = {"type": "host-local", "subnet": PODS, "routes": [{"dst": "0.0.0.0/0"}]}
    plugins = [
        {"type": "ptp", "ipam": addresses},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ]
    return {"cniVersion": "0.4.0", "name": "trial", "plugins": plugins}


def _start_kubelet(cluster: Cluster) -> None:
    root = cluster.folder
    config = root / "kubelet.yaml"
    config.write_text(yaml.safe_dump(_kubelet_configuration(cluster)))
    cluster.processes.start(
        "kubelet",
        [
            str(cluster.bin / "kubelet"),
            f"--config={config}",
            f"--kubeconfig={cluster.identities.file('kubeconfig')}",
            f"--root-dir={root}/kubelet",
            f"--cert-dir={root}/kubelet-certificates",
            f"--node-ip={NODE}",
            "--hostname-override=node",
        ],
        {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
    )


def _kubelet_configuration(cluster: Cluster) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE,
        # Nobody else is in this network.
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": f"unix://{cluster.socket}",
        "cgroupDriver": "cgroupfs",
        "clusterDNS": [NODE],
        "clusterDomain": "cluster.local",
        "resolvConf": "",
        "failSwapOn": False,
        "podLogsDir": str(cluster.folder / "pod-logs"),
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1%",
            "imagefs.available": "1%",
        },
        "imageGCHighThresholdPercent": 100,
        "registerNode": True,
        "volumePluginDir": str(cluster.folder / "volume-plugins"),
        "maxPods": 200,
    }


def _start_proxy(cluster: Cluster, kubeconfig: str) -> None:
    config = cluster.folder / "proxy.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
                "kind": "KubeProxyConfiguration",
                "bindAddress": NODE,
                "clientConnection": {"kubeconfig": kubeconfig},
                "clusterCIDR": PODS,
                "mode": "iptables",
                # What it would set belongs to the whole machine.
                "conntrack": {"maxPerCore": 0, "min": 0},
                "hostnameOverride": "node",
            }
        )
    )
    cluster.processes.start("kube-proxy", [str(cluster.bin / "kube-proxy"), f"--config={config}"])


def _end(cluster: Cluster) -> None:
    """Pods outlive the kubelet, so they are ended first."""
    ctr = ["ctr", "--address", str(cluster.socket), "--namespace", "k8s.io"]
    with suppress(TrialError):
        tasks = cluster.processes.run([*ctr, "tasks", "list", "-q"]).split()
        for name, process in cluster.processes.started:
            if name == "kubelet":
                process.terminate()
                process.wait(20)
        for task in tasks:
            cluster.processes.succeeds([*ctr, "tasks", "kill", "-s", "SIGKILL", task])
        for task in tasks:
            cluster.processes.succeeds([*ctr, "tasks", "delete", "-f", task])
        # Images are kept for the next trial, containers are not.
        for container in cluster.processes.run([*ctr, "containers", "list", "-q"]).split():
            cluster.processes.succeeds([*ctr, "containers", "delete", container])
    cluster.processes.end()
    _unmount(cluster.folder)
    for group in sorted(Path("/sys/fs/cgroup").glob("*/kubepods/**/"), reverse=True):
        with suppress(OSError):
            group.rmdir()


def _unmount(folder: Path) -> None:
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((one for one in mounts if one.startswith(f"{folder}/")), reverse=True):
        with suppress(subprocess.CalledProcessError):
            _run("umount", "-l", mount)
