"""The transformer, the codecs and the vocoder of a tiny LTX-2, whichever way it is loaded."""

from diffusers import AutoencoderKLLTX2Audio, AutoencoderKLLTX2Video, LTX2VideoTransformer3DModel
from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder

from generation.engine import network

HALVING = ("spatiotemporal", "spatiotemporal")


def transformer(shape):
    """LTX-2's own, of the sizes that the shipped model's has."""
    sizes = dict(network.transformer(shape).config)
    return LTX2VideoTransformer3DModel.from_config(sizes)


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
        downsample_type=HALVING,
        upsample_type=HALVING,
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
