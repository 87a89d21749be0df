"""A folder of diffusers' stock LTX-2 classes renders by the same code: the way to real weights."""

import json

import pytest
import torch
from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    FlowMatchEulerDiscreteScheduler,
    LTX2InContextPipeline,
)
from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder

from generation.engine import network
from generation.engine.network import Shape
from generation.engine.render import load
from tests.generation.engine.conftest import asked, write_clip

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]
SHAPE = Shape(
    width=64, heads=2, layers=2, sound_width=32, text_width=32, words=400,
    picture_channels=16, sound_channels=16,
)  # fmt: skip
BLOCKS = ("spatiotemporal", "spatiotemporal")


def picture_codec():
    return AutoencoderKLLTX2Video(
        latent_channels=16,
        block_out_channels=(32, 64),
        down_block_types=("LTX2VideoDownBlock3D",) * 2,
        decoder_block_out_channels=(32, 64),
        layers_per_block=(1, 1, 1),
        decoder_layers_per_block=(1, 1, 1),
        spatio_temporal_scaling=(True, True),
        decoder_spatio_temporal_scaling=(True, True),
        decoder_inject_noise=(False,) * 3,
        downsample_type=BLOCKS,
        upsample_type=BLOCKS,
        upsample_residual=(True, True),
        upsample_factor=(2, 2),
        patch_size=4,
        patch_size_t=1,
        encoder_causal=True,
        decoder_causal=True,
        decoder_spatial_padding_mode="zeros",
        spatial_compression_ratio=16,
        temporal_compression_ratio=4,
    )


def sound_codec():
    return AutoencoderKLLTX2Audio(
        base_channels=16,
        output_channels=1,
        in_channels=1,
        ch_mult=(1, 2, 2),
        num_res_blocks=1,
        resolution=64,
        latent_channels=4,
        sample_rate=16_000,
        mel_hop_length=160,
        mel_bins=16,
    )


def vocoder():
    return LTX2Vocoder(
        in_channels=16,
        hidden_channels=16,
        out_channels=1,
        upsample_kernel_sizes=[16, 11, 8],
        upsample_factors=[8, 5, 4],
        resnet_kernel_sizes=[3],
        resnet_dilations=[[1, 3]],
        output_sampling_rate=16_000,
    )


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    """A tiny, untrained pipeline of stock classes, saved as an operator would bring one."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("stock")
    LTX2InContextPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=picture_codec(),
        audio_vae=sound_codec(),
        text_encoder=network.text_encoder(SHAPE),
        tokenizer=network.tokenizer(["a red ball on a beach"], SHAPE),
        connectors=network.connectors(SHAPE),
        transformer=network.transformer(SHAPE),
        vocoder=vocoder(),
    ).save_pretrained(folder)
    card = {"capabilities": {"sizes": [[96, 96]], "fps": 8}, "call": {"max_sequence_length": 48}}
    (folder / "sora.json").write_text(json.dumps(card))
    return load(folder)


@pytest.mark.parametrize("given", ["nothing", "face", "first_frame", "source"])
def test_stock_classes_render_by_the_same_path(stock, given, painted, tmp_path):
    picture = painted("green")
    source = write_clip(tmp_path / "clip.mp4", torch.zeros(9, 96, 96, 3).byte().numpy(), 8)
    extras = {
        "nothing": {},
        "face": {"references": (picture,)},
        "first_frame": {"first_frame": picture},
        "source": {"source": source},
    }
    made = stock.render(asked(stock, "a ball", steps=2, **extras[given]), lambda done, total: None)
    assert made.frames.shape == (9, 96, 96, 3)
    assert made.sample_rate == 16_000
    assert len(made.sound) > 8_000
