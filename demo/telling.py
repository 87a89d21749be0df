"""How the story is told on a terminal: numbered steps, progress bars, a table at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table


class Teller:
    """Prints the steps as they happen and remembers how long each took, in seconds."""

    def __init__(self) -> None:
        self.console = Console(width=110)
        self.steps: list[tuple[str, float]] = []

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        number = len(self.steps) + 1
        self.console.print(f"[bold cyan]{number:2d}. {title}[/]")
        began = time.perf_counter()
        yield lambda text: self.console.print(f"    {text}", highlight=False, markup=False)
        took = time.perf_counter() - began
        self.steps.append((title, took))
        self.console.print(f"    [green]✓ {took:.1f} s[/]")

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[dict[str, Any]], None]]:
        columns = (TextColumn("    {task.description:8}"), BarColumn(40), TimeElapsedColumn())
        with Progress(*columns, console=self.console) as bars:
            bar = bars.add_task("queued", total=1.0)

            def advance(job: dict[str, Any]) -> None:
                said = job.get("stage") or job["state"]
                bars.update(bar, completed=job.get("progress", 0), description=said)
                if job["state"] == "done":
                    bars.update(bar, completed=1.0, description="done")

            yield advance

    def table(self) -> None:
        table = Table("step", "seconds", title="The main job")
        for number, (title, took) in enumerate(self.steps, start=1):
            table.add_row(f"{number}. {title}", f"{took:.1f}")
        table.add_row("in all", f"{sum(took for _, took in self.steps):.1f}", style="bold")
        self.console.print(table)
