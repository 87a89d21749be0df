"""Our Muon is the library's, in the precision that is asked for."""

from __future__ import annotations

import copy

import pytest
import torch

from generation.engine.muon import Muon, orthogonal

SHAPES = [(32, 48), (64, 16), (32, 48), (16, 16)]


def matrices() -> list[torch.nn.Parameter]:
    torch.manual_seed(0)
    return [torch.nn.Parameter(torch.randn(shape)) for shape in SHAPES]


def test_in_bf16_it_moves_as_the_librarys():
    ours = matrices()
    theirs = copy.deepcopy(ours)
    one = Muon(ours, lr=0.1, dtype=torch.bfloat16)
    other = torch.optim.Muon(theirs, lr=0.1, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    for _ in range(3):
        for mine, yours in zip(ours, theirs, strict=True):
            mine.grad = torch.randn_like(mine)
            yours.grad = mine.grad.clone()
        one.step()
        other.step()
    for mine, yours in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, yours, rtol=0.02, atol=0.02)


@pytest.mark.parametrize("shape", SHAPES)
def test_singular_values_come_near_one(shape):
    torch.manual_seed(0)
    found = torch.linalg.svdvals(orthogonal(torch.randn(3, *shape)))
    assert found.min() > 0.3
    assert found.max() < 1.3


def test_a_matrix_without_a_gradient_stays():
    ours = matrices()
    before = ours[0].detach().clone()
    for matrix in ours[1:]:
        matrix.grad = torch.ones_like(matrix)
    Muon(ours, lr=0.1, dtype=torch.float32).step()
    assert torch.equal(ours[0], before)
    assert not torch.equal(ours[2], matrices()[2])
