"""The codecs: what goes in comes out, nearly."""

import numpy as np
import pytest
import torch

from generation.engine.codec import PatchCodec, from_patches, patches
from generation.engine.drawn import clips, scene
from generation.engine.fitting import psnr
from generation.engine.folder import codecs
from generation.engine.shards import pixels
from generation.engine.sound import GriffinLim, SoundCodec, spectrogram
from tests.generation.engine.conftest import SHIPPED

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(77)
    scenes = [scene.random_scene(rng) for _ in range(6)]
    return [clips.make(one, (160, 288), 17, rng) for one in scenes]


@pytest.mark.parametrize(("frames", "group"), [(1, 1), (8, 4)])
def test_patches_are_put_back(frames, group):
    video = torch.randn(2, 3, frames, 32, 48)
    assert torch.equal(from_patches(patches(video, group), group), video)


def test_a_silent_refiner_changes_nothing():
    codec = PatchCodec(channels=8)
    latents = torch.randn(1, 8, 2, 2, 2)
    assert torch.equal(codec.decode(latents).sample, codec.decode_plain(latents))


def test_a_halved_picture_is_doubled_again():
    codec = PatchCodec(channels=8, half=2)
    latents = torch.randn(1, 8, 2, 3, 2)
    assert codec.decode_plain(latents).shape == (1, 3, 5, 48, 32)
    assert codec.decode(latents).sample.shape == (1, 3, 5, 96, 64)


def test_frames_are_mended_alike_however_many_there_are():
    torch.manual_seed(2)
    codec = PatchCodec(channels=8, half=2)
    torch.nn.init.normal_(codec.refiner.leave.weight, std=0.02)
    long = torch.randn(1, 8, 11, 2, 2)
    whole = codec.decode(long).sample
    assert torch.allclose(codec.decode(long[:, :, :3]).sample[:, :, :8], whole[:, :, :8], atol=1e-5)


def test_clips_survive_the_shipped_codec(drawn):
    codec, _ = codecs(SHIPPED)
    video = pixels(np.stack([clip.frames for clip in drawn]))
    with torch.inference_mode():
        latents = codec.encode(video).latent_dist.mode()
        made = codec.decode(latents).sample
    assert latents.shape == (6, 128, 5, 9, 5)
    assert psnr(made, video) > 22


def test_sound_survives_its_codec(drawn):
    waves = torch.from_numpy(np.stack([clip.sound for clip in drawn]))
    codec = SoundCodec(latent_channels=48)
    codec.fit(waves)
    mel = spectrogram(waves)[:, None]
    made = codec.decode(codec.encode(mel).latent_dist.mode()).sample
    assert (made[:, :, : mel.shape[2]] - mel).abs().mean() < 0.5


def test_the_vocoder_finds_a_wave_of_that_spectrogram():
    time = torch.arange(16_000) / 16_000
    wave = 0.3 * torch.sin(2 * torch.pi * 440 * time)[None]
    made = GriffinLim()(spectrogram(wave)[:, None])[:, 0]
    strongest = torch.fft.rfft(made[0]).abs().argmax() * 16_000 / made.shape[1]
    assert abs(strongest - 440) < 20
