"""A mark's number as bits that bear errors: a check behind it, and a convolutional code over both.

Rate 1/3, constraint length 7, read softly (Viterbi): of the bits as they stand in a picture about
one in six may be wrong. What is read by mistake passes the check once in 65,536 times.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

NUMBER_BITS, CHECK_BITS, TAIL = 40, 16, 6
STEPS = NUMBER_BITS + CHECK_BITS + TAIL
GENERATORS = (0o133, 0o171, 0o165)
CODED_BITS = STEPS * len(GENERATORS)
STATES = 1 << TAIL
POLYNOMIAL = 0x1021  # CRC-16 of the CCITT

Bits = npt.NDArray[np.int8]  # of 0 and 1
Soft = npt.NDArray[np.floating]  # positive where a 1 is likelier, by as much as it is


def encode(number: int) -> Bits:
    """The coded bits (CODED_BITS,) of a number of NUMBER_BITS bits."""
    if not 0 <= number < 1 << NUMBER_BITS:
        raise ValueError(f"a mark has {NUMBER_BITS} bits")
    checked = number << CHECK_BITS | check(number)
    length = NUMBER_BITS + CHECK_BITS
    plain = [checked >> place & 1 for place in reversed(range(length))] + [0] * TAIL
    state, coded = 0, []
    for bit in plain:
        coded.append(_outputs()[state, bit])
        state = (state << 1 | bit) & STATES - 1
    return np.concatenate(coded)


def decode(soft: Soft) -> int | None:
    """The number whose coded bits are nearest to what was read (CODED_BITS,), or None when it
    does not pass its check."""
    bits = _likeliest(soft.reshape(STEPS, len(GENERATORS)))
    value = int("".join(map(str, bits[:-TAIL])), 2)
    number, found = value >> CHECK_BITS, value & (1 << CHECK_BITS) - 1
    return number if found == check(number) else None


def check(number: int) -> int:
    """CRC-16 of the number's bytes."""
    rest = 0xFFFF
    for byte in number.to_bytes(NUMBER_BITS // 8):
        rest ^= byte << 8
        for _ in range(8):
            rest = (rest << 1 ^ (POLYNOMIAL if rest & 0x8000 else 0)) & 0xFFFF
    return rest


def _likeliest(soft: Soft) -> list[int]:
    """The way through the states, from 0 to 0, that agrees best with what was read."""
    agreeing = np.einsum("sbg,tg->tsb", 2.0 * _outputs() - 1, soft)  # (STEPS, STATES, 2)
    before = np.arange(STATES)[:, None] >> 1 | np.array([0, STATES >> 1])  # who comes to a state
    taken = np.arange(STATES) & 1  # by which bit
    score = np.full(STATES, -np.inf)
    score[0] = 0
    chosen = np.empty((STEPS, STATES), int)
    for step in range(STEPS):
        reached = score[before] + agreeing[step][before, taken[:, None]]
        best = reached.argmax(1)
        chosen[step], score = before[np.arange(STATES), best], reached.max(1)
    state, bits = 0, []
    for step in reversed(range(STEPS)):
        bits.append(state & 1)
        state = int(chosen[step, state])
    return bits[::-1]


@cache
def _outputs() -> Bits:
    """What a state says on a bit: (STATES, 2, generators)."""
    windows = np.arange(STATES)[:, None] << 1 | np.arange(2)
    return np.stack([_parity(windows & generator) for generator in GENERATORS], -1)


def _parity(values: npt.NDArray[np.int_]) -> Bits:
    return np.array([int(value).bit_count() & 1 for value in values.ravel()], np.int8).reshape(
        values.shape
    )
