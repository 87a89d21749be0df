"""A rendering can be stopped between two blocks of its network: a step may take long."""

from collections.abc import Callable, Iterator

from torch import nn


def between_blocks(network: nn.Module, call: Callable[[], None]) -> None:
    """From now on `call` is made before every block; what it raises ends the rendering.

    A compiled block would compile the call too, and again whenever that changes: it goes without.
    """
    for block in _blocks(network):
        if block._compiled_call_impl is None:
            block.register_forward_pre_hook(lambda *_: call())


def _blocks(network: nn.Module) -> Iterator[nn.Module]:
    for part in network.children():
        if isinstance(part, nn.ModuleList):
            yield from part
