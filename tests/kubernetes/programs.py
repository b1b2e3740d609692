"""Builds what a cluster consists of, out of Go modules. What is there is not built again."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which

KUBERNETES = "1.34.4"
ETCD = "3.6.7"
COREDNS = "1.12.4"
HELM = {
    "helm3": ("helm.sh/helm/v3/cmd/helm", "3.21.4"),
    "helm4": ("helm.sh/helm/v4/cmd/helm", "4.2.4"),
}
PARTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
PLUGINS = ("bind", "errors", "health", "cache", "kubernetes")
FROM_PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "nsenter": "util-linux",
    "go": "golang",
    "kubectl": "kubernetes-client",
}
STAGED = re.compile(r"=> \./staging/src/(\S+)")

PAUSE = """package main

import (
\t"os"
\t"os/signal"
\t"syscall"
)

func main() {
\ttold := make(chan os.Signal, 1)
\tsignal.Notify(told, syscall.SIGINT, syscall.SIGTERM)
\t<-told
}
"""
RESOLVER = """package main

import (
\t"github.com/coredns/coredns/core/dnsserver"
\t"github.com/coredns/coredns/coremain"
%s)

func main() {
\tdnsserver.Directives = []string{%s}
\tcoremain.Run()
}
"""


def missing() -> list[str]:
    """Packages of Debian that the machine lacks."""
    lacking = {package for program, package in FROM_PACKAGES.items() if which(program) is None}
    if not Path("/usr/lib/cni/ptp").exists():
        lacking.add("containernetworking-plugins")
    return sorted(lacking)


@dataclass(frozen=True)
class Workshop:
    """Where programs are built, and kept for the next time."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def build(self) -> None:
        self.bin.mkdir(parents=True, exist_ok=True)
        for name, (package, version) in HELM.items():
            self._helm(name, package, version)
        self._pause()
        self._etcd()
        self._resolver()
        self._kubernetes()

    def _helm(self, name: str, package: str, version: str) -> None:
        if (self.bin / name / "helm").exists():
            return
        self._say(name)
        run(
            ["go", "install", "-ldflags=-s -w", f"{package}@v{version}"],
            self.folder,
            {"GOBIN": str(self.bin / name)},
        )

    def _pause(self) -> None:
        room = self._module("pause", "module pause\n\ngo 1.24\n")
        (room / "main.go").write_text(PAUSE)
        self._made(room, "pause", ".")

    def _etcd(self) -> None:
        room = self._module("etcd", "module node\n\ngo 1.24\n")
        package = "go.etcd.io/etcd/server/v3"
        (room / "wanted.go").write_text(
            f'//go:build wanted\n\npackage node\n\nimport _ "{package}"\n'
        )
        self._made(room, "etcd", package, f"{package}@v{ETCD}")

    def _resolver(self) -> None:
        room = self._module("resolver", "module node\n\ngo 1.24\n")
        imports = "".join(f'\t_ "github.com/coredns/coredns/plugin/{one}"\n' for one in PLUGINS)
        names = ", ".join(f'"{one}"' for one in PLUGINS)
        (room / "main.go").write_text(RESOLVER % (imports, names))
        self._made(room, "coredns", ".", f"github.com/coredns/coredns@v{COREDNS}")

    def _kubernetes(self) -> None:
        """Its staging modules are published by themselves; a module of ours says so."""
        wanted = [f"k8s.io/kubernetes/cmd/{one}" for one in PARTS]
        if all((self.bin / one).exists() for one in PARTS):
            return
        self._say("kubernetes")
        found = run(
            ["go", "mod", "download", "-json", f"k8s.io/kubernetes@v{KUBERNETES}"], self.folder
        )
        own = Path(json.loads(found)["GoMod"]).read_text(encoding="utf-8")
        room = self._module("kubernetes", _as_dependency(own))
        imports = "".join(f'\t_ "{one}"\n' for one in wanted)
        (room / "wanted.go").write_text(
            f"//go:build wanted\n\npackage node\n\nimport (\n{imports})\n"
        )
        flags = f"-ldflags=-s -w {_version_flags()}"
        run(["go", "build", "-mod=mod", flags, "-o", f"{self.bin}/", *wanted], room)

    def _module(self, name: str, content: str) -> Path:
        room = self.folder / "source" / name
        room.mkdir(parents=True, exist_ok=True)
        if not (room / "go.mod").exists():
            (room / "go.mod").write_text(content, encoding="utf-8")
        return room

    def _made(self, room: Path, name: str, package: str, wanted: str = "") -> None:
        if (self.bin / name).exists():
            return
        self._say(name)
        if wanted:
            run(["go", "get", wanted], room)
        target = ["-o", str(self.bin / name), package]
        run(["go", "build", "-mod=mod", "-ldflags=-s -w", *target], room)

    def _say(self, name: str) -> None:
        print(f"building {name}", flush=True)  # noqa: T201


def _as_dependency(own: str) -> str:
    text = re.sub(r"^module .*$", "module node", own, flags=re.MULTILINE)
    version = f"v0.{KUBERNETES.partition('.')[2]}"
    text = STAGED.sub(lambda found: f"=> {found[1]} {version}", text)
    return f"{text}\nrequire k8s.io/kubernetes v{KUBERNETES}\n"


def _version_flags() -> str:
    package = "k8s.io/component-base/version"
    major, minor, _ = KUBERNETES.split(".")
    said = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor}
    return " ".join(f"-X {package}.{name}={value}" for name, value in said.items())


def run(command: Iterable[str], folder: Path, more: Mapping[str, str] | None = None) -> str:
    """What it prints. Raises CalledProcessError."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", **(more or {})}
    done = subprocess.run(
        list(command), cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout
