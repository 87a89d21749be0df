"""Training: impressions a second of one core's time and epoch; serving: a page's candidates."""

from __future__ import annotations

import os
import time

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import numpy as np

from bench import output

IMPRESSIONS, EPOCHS, CANDIDATES, ROUNDS = 500_000, 2, 1_000, 200


def main() -> None:
    import torch  # noqa: PLC0415 -- after the threads are set

    torch.set_num_threads(1)
    from ranking.belief import moved_creation, probabilities  # noqa: PLC0415
    from ranking.training import learn  # noqa: PLC0415

    few, many = _examples(5_000), _examples(IMPRESSIONS)
    learned = learn(few, epochs=1)  # warm
    began = time.process_time()
    learned = learn(many, epochs=EPOCHS)
    took = time.process_time() - began
    found = _examples(CANDIDATES).found
    a_second = EPOCHS * IMPRESSIONS / took
    output.write(
        {
            "impressions_a_second": a_second,
            "training_target_ratio": 500_000 / a_second,
            "train_cpu_s": took,
            "score_1000_prior_ms": _best(lambda: probabilities(found)),
            "score_1000_learned_ms": _best(lambda: probabilities(found, learned)),
            "explain_20_learned_ms": _best(lambda: moved_creation(found[:20], learned)),
            "file_bytes": len(learned.packed()),
        }
    )


def _best(call) -> float:  # type: ignore[no-untyped-def]
    """Milliseconds of CPU, the best of many."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        call()
        times.append(time.process_time() - began)
    return 1000 * min(times)


def _examples(count: int):  # type: ignore[no-untyped-def]
    from ranking.features import FEATURES  # noqa: PLC0415
    from ranking.network import HEADS  # noqa: PLC0415
    from ranking.training import Examples  # noqa: PLC0415

    lot = np.random.default_rng(count)
    found = lot.normal(size=(count, len(FEATURES))).astype(np.float32)
    chance = 1 / (1 + np.exp(3 - found[:, 0] - found[:, 1] * found[:, 2]))
    labels = (lot.random((count, len(HEADS))) < chance[:, None]).astype(np.float32)
    return Examples(found, labels, np.ones(count, np.float32), np.arange(count, dtype=np.float64))


if __name__ == "__main__":
    main()
