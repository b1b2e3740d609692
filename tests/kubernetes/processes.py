"""Processes that a trial starts, each with a log, and all ended by their ids."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ENDING_SECONDS = 20


class TrialError(Exception):
    """What did not come about, in words."""


@dataclass
class Processes:
    """All run in one network namespace, which is made first and removed last."""

    logs: Path
    namespace: str
    started: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def inside(self, command: Sequence[str]) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.namespace}", "--", *command]

    def start(
        self, name: str, command: Sequence[str], more: Mapping[str, str] | None = None
    ) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                self.inside(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(more or {})},
                start_new_session=True,
            )
        self.started.append((name, process))

    def run(
        self,
        command: Sequence[str],
        *,
        seconds: float = 120,
        given: str | None = None,
        more: Mapping[str, str] | None = None,
    ) -> str:
        """What it prints, errors as well. Raises TrialError if it fails."""
        try:
            done = subprocess.run(
                self.inside(command),
                input=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(more or {})},
                timeout=seconds,
                check=False,
                text=True,
            )
        except subprocess.TimeoutExpired as slow:
            raise TrialError(
                f"{command[0]} took longer than {seconds:g} s: {slow.stdout!r}"
            ) from slow
        if done.returncode:
            raise TrialError(f"{' '.join(command)[:300]}\n{done.stdout}")
        return done.stdout

    def until(self, what: str, is_so: Callable[[], bool], seconds: float = 180) -> None:
        """Raises TrialError if it does not come about, or if a process ended."""
        until = time.monotonic() + seconds
        while not is_so():
            for name, process in self.started:
                if process.poll() is not None:
                    raise TrialError(
                        f"{name} ended with {process.returncode}: {self.logs}/{name}.log"
                    )
            if time.monotonic() > until:
                raise TrialError(f"{what} did not come about within {seconds:g} s")
            time.sleep(1)

    def succeeds(self, command: Sequence[str], more: Mapping[str, str] | None = None) -> bool:
        try:
            self.run(command, seconds=20, more=more)
        except TrialError:
            return False
        return True

    def end(self) -> None:
        """In reverse, since who was started later leans on who was started sooner."""
        for _, process in reversed(self.started):
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(ENDING_SECONDS)
            if process.poll() is None:
                process.kill()
                process.wait()
        self.started.clear()
