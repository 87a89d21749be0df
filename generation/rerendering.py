"""A recipe followed once more, to see whether it makes the same pixels."""

from __future__ import annotations

import math
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from generation import lineup, marks, orders
from generation.errors import CannotRerender, NotPossible
from generation.models import Output
from generation.recipe import Inputs, hashes_of, requests_again
from generation.rendering import Message, Seat, children
from generation.renditions import FILES, MAIN
from generation.states import Task
from sora_social import storage

Pixels = npt.NDArray[np.uint8]  # (T, H, W, 3)


@dataclass(frozen=True)
class Comparison:
    """What was made again, against what there is: `psnr` in dB, infinite for the same bits."""

    file: Path
    psnr: float

    @property
    def is_same(self) -> bool:
        return math.isinf(self.psnr)


def rerender(output: Output, folder: Path) -> Comparison:
    """Make an output once more, into a folder. Raises CannotRerender, RenderFailed, RenderLost.

    It needs what its first making needed: the weights, the inputs, and everybody's leave.
    """
    if not Output.objects.cleared().filter(pk=output.pk).exists():
        raise CannotRerender(rule="leave_gone")
    if "versions" not in output.recipe:
        raise CannotRerender(rule="no_recipe")
    with _inputs(output) as paths:
        if output.job.task == Task.STITCH:
            return _stitch_again(output, paths, folder)
        with children.borrow(threading.Event()) as child:
            return _render_again(child, output, paths, folder)


@contextmanager
def _inputs(output: Output) -> Iterator[Inputs]:
    """Everything that went in, as it was. Raises CannotRerender."""
    with ExitStack() as files:
        if output.job.sources.filter(output=None).exists():
            raise CannotRerender(rule="input_gone", input="source")
        found = orders.files_of(output.job, files)
        _check_same(output.recipe["inputs"], found)
        yield found


def _check_same(hashes: dict[str, list[str]], paths: Inputs) -> None:
    for name in hashes.keys() | paths.keys():
        there = [path for path in paths.get(name, []) if path.exists()]
        if hashes_of({name: there})[name] != hashes.get(name):
            raise CannotRerender(rule="input_gone", input=name)


def _render_again(child: Seat, output: Output, paths: Inputs, folder: Path) -> Comparison:
    recipe = output.recipe
    named = _named(output)
    loaded = _ask(child, {"do": "load"} | named)
    if loaded["weights_hash"] != recipe["weights_hash"]:
        raise CannotRerender(rule="other_weights", weights_hash=recipe["weights_hash"])
    requests = requests_again(recipe, paths)
    made = _ask(child, {"do": "render", "requests": requests} | named)["items"][0]
    order = {"do": "encode", "item": 0, "folder": str(folder), "delivery": output.job.delivery}
    with tempfile.TemporaryDirectory() as tiles:
        _ask(child, order | _marks_of(output, Path(tiles)))
    file = folder / FILES[MAIN[output.kind]].file
    same = made["frames_sha256"] == recipe["frames_sha256"]
    return Comparison(file, math.inf if same else _against(output, file))


def _named(output: Output) -> dict[str, str]:
    """Its model, as an order says it. Raises CannotRerender."""
    try:
        return lineup.in_order(output.job.model)
    except NotPossible:
        raise CannotRerender(rule="model_gone", model=output.job.model) from None


def _marks_of(output: Output, folder: Path) -> dict[str, str]:
    if output.mark is None:
        return {}
    return marks.order_of(output.mark, folder, output.recipe.get("words", ""))


def _stitch_again(output: Output, paths: Inputs, folder: Path) -> Comparison:
    from generation.stitching import stitch  # noqa: PLC0415 -- only where it is needed

    stitch(paths["pieces"], folder)
    file = folder / FILES[MAIN[output.kind]].file
    return Comparison(file, _against(output, file))


def _ask(child: Seat, order: Message) -> dict[str, Any]:
    return child.ask(order, lambda done, of: None, threading.Event())


def _against(output: Output, file: Path) -> float:
    """PSNR in dB of a file against the output's own."""
    with storage.local(output.main_key) as stored:
        return psnr(_pixels(stored), _pixels(file))


def psnr(one: Pixels, other: Pixels) -> float:
    """In dB; infinite for equal pixels, 0 for pictures of another shape."""
    if one.shape != other.shape:
        return 0.0
    error = float(np.square(one.astype(np.float32) - other).mean())
    return 10 * math.log10(255**2 / error) if error else math.inf


def _pixels(path: Path) -> Pixels:
    with av.open(str(path)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])
