"""The shipped model's transformer: LTX-2's, which guesses the clean clip."""

import pytest
import torch
from diffusers import LTX2VideoTransformer3DModel

from generation.engine import network
from generation.engine.denoiser import (
    ATTENDS,
    LEAST,
    PLACED,
    THINKS,
    Denoiser,
    Once,
    place,
    velocity,
)
from generation.engine.network import Shape

SHAPE = Shape(
    width=64, heads=2, layers=2, sound_width=32, text_width=32, words=400,
    picture_channels=8, sound_channels=4,
)  # fmt: skip
GRID = (2, 3, 2)  # latent frames, cells down and across
WHOLE = (5 / 8, 96, 64)  # seconds and pixels of such a clip


@pytest.fixture(scope="module")
def denoiser():
    torch.manual_seed(0)
    return network.transformer(SHAPE).eval()


def asked(level, given=0):
    """Inputs for two clips whose noise is `level`, but for the tokens given."""
    made = torch.Generator().manual_seed(3)
    tokens = GRID[0] * GRID[1] * GRID[2]
    times = torch.full((2, tokens), 1000 * level)
    times[:, :given] = 0
    heard = torch.full((2,), 1000 * level)
    text = torch.randn(2, 5, SHAPE.text_width, generator=made)
    places = network.transformer(SHAPE).rope.prepare_video_coords(2, *GRID, "cpu", fps=8.0)
    return {
        "hidden_states": torch.randn(2, tokens, 8, generator=made),
        "audio_hidden_states": torch.randn(2, 3, 4, generator=made),
        "encoder_hidden_states": text,
        "audio_encoder_hidden_states": text,
        "timestep": times,
        "video_coords": places,
        "audio_timestep": heard,
        "sigma": heard,
        "audio_sigma": heard,
        "num_frames": GRID[0],
        "height": GRID[1],
        "width": GRID[2],
        "fps": 8.0,
        "audio_num_frames": 3,
        "return_dict": False,
    }


@torch.no_grad()
def guess(denoiser, given):
    """What LTX-2 itself answers with the same weights, told where the tokens are."""
    told = place(given["video_coords"], WHOLE)
    wider = torch.cat([given["hidden_states"], told], -1)
    return LTX2VideoTransformer3DModel.forward(denoiser, **given | {"hidden_states": wider})


@torch.no_grad()
@pytest.mark.parametrize("level", [1.0, 0.4])
def test_a_step_along_the_velocity_to_no_noise_is_the_guess(denoiser, level):
    given = asked(level)
    seen, heard = denoiser(**given)
    clip, sound = guess(denoiser, given)
    assert torch.allclose(given["hidden_states"] - level * seen, clip, atol=1e-5)
    assert torch.allclose(given["audio_hidden_states"] - level * heard, sound, atol=1e-5)


@torch.no_grad()
def test_tokens_without_noise_have_a_finite_velocity(denoiser):
    seen, _ = denoiser(**asked(0.5, given=6))
    assert torch.isfinite(seen).all()
    noisy, clean = torch.ones(1, 2, 3), torch.zeros(1, 2, 3)
    assert torch.allclose(velocity(noisy, clean, torch.zeros(1)), torch.tensor(1 / LEAST))


@torch.no_grad()
def test_asking_once_for_each_time_is_asking_for_every_token(denoiser):
    times = torch.tensor([0.0, 300.0, 0.0, 950.0, 300.0])
    once = denoiser.time_embed
    assert isinstance(once, Once)
    for whole, apart in zip(
        once(times, batch_size=5, hidden_dtype=torch.float32),
        once.layer(times, batch_size=5, hidden_dtype=torch.float32),
        strict=True,
    ):
        assert torch.allclose(whole, apart, atol=1e-6)


def test_every_cell_of_every_frame_has_a_place_of_its_own():
    places = network.transformer(SHAPE).rope.prepare_video_coords(1, *GRID, "cpu", fps=8.0)
    told = place(places, WHOLE)
    assert told.shape == (1, 12, PLACED)
    assert torch.cdist(told[0], told[0]).add(9 * torch.eye(12)).min() > 0.5
    twice = place(places * torch.tensor([1, 2, 2])[:, None, None], (5 / 8, 192, 128))
    assert torch.allclose(told, twice, atol=1e-5)  # a larger picture of the same shape


def test_all_of_a_block_is_let_through_at_the_start():
    for block in network.transformer(SHAPE).transformer_blocks:
        assert (block.scale_shift_table[[ATTENDS, THINKS]] == 1).all()
        assert (block.video_a2v_cross_attn_scale_shift_table[:4] == 0).all()


@torch.no_grad()
def test_a_saved_one_answers_alike(denoiser, tmp_path):
    denoiser.save_pretrained(tmp_path)
    again = Denoiser.from_pretrained(tmp_path).eval()
    for one, other in zip(denoiser(**asked(0.7)), again(**asked(0.7)), strict=True):
        assert torch.allclose(one, other, atol=1e-6)
