"""Reading before seeing: the text encoder first learns to answer what a caption tells.

The place, the action, the colour of a shirt: classifiers on the text's states, thrown away
afterwards. It takes a minute and spares the network hours of finding out what words mean.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.engine.drawn import captions, scene
from generation.engine.drawn.scene import VOCABULARY
from generation.engine.network import Network

BATCH, RATE = 128, 1e-3


class Questions(nn.Module):
    """One classifier for each thing a caption may tell, over the pooled text for the pictures."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = nn.ModuleDict(
            {name: nn.Linear(width, len(words)) for name, words in VOCABULARY.items()}
        )

    def forward(self, states: Tensor, mask: Tensor) -> dict[str, Tensor]:
        kept = mask[..., None].to(states)
        pooled = (states * kept).sum(1) / kept.sum(1).clamp(min=1)
        return {name: head(pooled) for name, head in self.heads.items()}


def answers(labels: list[dict[str, str]]) -> dict[str, Tensor]:
    """The right answers as class numbers (B,)."""
    return {
        name: torch.tensor([words.index(known[name]) for known in labels])
        for name, words in VOCABULARY.items()
    }


def teach(
    network: Network,
    tokens: Callable[[list[str]], tuple[Tensor, Tensor]],
    steps: int,
    seed: int,
    log: Callable[[str], None],
) -> None:
    """So many steps on captions alone; the network's reader is changed in place."""
    rng, device = np.random.default_rng(seed), next(network.parameters()).device
    questions = Questions(network.shape.text_width).to(device)
    reader = [*network.text_encoder.parameters(), *network.connectors.parameters()]
    learned = [weight for weight in (*reader, *questions.parameters()) if weight.requires_grad]
    adam = torch.optim.AdamW(learned, lr=RATE, betas=(0.9, 0.99), weight_decay=0.0)
    for step in range(steps):
        scenes = [scene.random_scene(rng) for _ in range(BATCH)]
        ids, mask = tokens([captions.caption(one, rng) for one in scenes])
        states, _, _ = network.read(ids.to(device), mask.to(device))
        found = questions(states, mask.to(device))
        right = answers([scene.labels(one) for one in scenes])
        wrong = sum(F.cross_entropy(found[name], right[name].to(device)) for name in right)
        adam.zero_grad()
        wrong.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        adam.param_groups[0]["lr"] = RATE * min(1, (step + 1) / 50) * (1 - step / steps)
        adam.step()
        if step % 50 == 0 or step == steps - 1:
            hits = torch.stack(
                [(found[n].argmax(1).cpu() == right[n]).float().mean() for n in right]
            )
            log(f"reading step {step} loss {wrong.item() / len(right):.3f} right {hits.mean():.3f}")
