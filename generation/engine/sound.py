"""The sound codec of the shipped model, and its vocoder: closed forms, nothing trained.

Sound is a log-mel spectrogram; eight of its columns make one latent, on a fixed basis. Griffin-Lim
turns the spectrogram back into a wave: at this size it beat a trained vocoder and needs no weights.
"""

import math
from types import SimpleNamespace

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor
from torch.nn import functional as F

RATE, HOP, WINDOW, MELS = 16_000, 160, 1024, 64
COLUMNS = 8  # spectrogram columns in one latent
FLOOR = 1e-3  # the quietest magnitude told apart from silence


def spectrogram(wave: Tensor) -> Tensor:
    """Wave (B, S) -> log-mel spectrogram (B, S/160, 64)."""
    bands = mel_bands().to(wave) @ _stft(wave).abs()
    return bands.clamp(min=FLOOR).log().transpose(1, 2)[:, : wave.shape[1] // HOP]


def mel_bands() -> Tensor:
    """Triangular filters (64, 513), each of sum one."""
    top = 2595 * math.log10(1 + RATE / 2 / 700)
    edges = 700 * (10 ** (torch.linspace(0, top, MELS + 2) / 2595) - 1)
    hertz = torch.linspace(0, RATE / 2, WINDOW // 2 + 1)
    low, mid, high = (edges[i : i + MELS, None] for i in range(3))
    bands = torch.minimum((hertz - low) / (mid - low), (high - hertz) / (high - mid)).clamp(min=0)
    return bands / bands.sum(1, keepdim=True).clamp(min=1e-9)


class SoundCodec(ModelMixin, ConfigMixin):
    """Spectrograms (B, 1, L*8, 64) <-> latents (B, Z, L, 1)."""

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 32,
        sample_rate: int = RATE,
        mel_hop_length: int = HOP,
        mel_bins: int = MELS,
    ) -> None:
        super().__init__()
        self.register_buffer("basis", torch.zeros(COLUMNS * MELS, latent_channels))
        self.register_buffer("mean", torch.zeros(COLUMNS * MELS))
        self.register_buffer("latents_mean", torch.zeros(latent_channels))
        self.register_buffer("latents_std", torch.ones(latent_channels))
        self.mel_compression_ratio = MELS
        self.temporal_compression_ratio = COLUMNS

    def encode(self, mel: Tensor, return_dict: bool = True) -> SimpleNamespace:
        """The latents, in the shape diffusers asks of a VAE."""
        rows = _rows(mel[:, 0])
        latents = ((rows - self.mean) @ self.basis).transpose(1, 2)[..., None]
        return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: latents))

    def decode(self, latents: Tensor, return_dict: bool = True) -> tuple[Tensor] | SimpleNamespace:
        """The spectrogram."""
        rows = latents[..., 0].transpose(1, 2) @ self.basis.T + self.mean
        mel = rows.unflatten(2, (COLUMNS, MELS)).flatten(1, 2)[:, None]
        return SimpleNamespace(sample=mel) if return_dict else (mel,)

    @torch.no_grad()
    def fit(self, waves: Tensor) -> None:
        """Find the basis from waves (N, S)."""
        rows = _rows(spectrogram(waves)).flatten(0, 1)
        self.mean.copy_(rows.mean(0))
        _, vectors = torch.linalg.eigh((rows - self.mean).T @ (rows - self.mean))
        self.basis.copy_(vectors[:, -self.latents_mean.numel() :].flip(1))
        std = ((rows - self.mean) @ self.basis).std(0)
        self.latents_std.copy_((std * std.max()).sqrt() * 0.5)


class GriffinLim(ModelMixin, ConfigMixin):
    """Log-mel spectrograms (B, 1, L, 64) -> waves (B, 1, S), by guessing phases that agree."""

    @register_to_config
    def __init__(self, output_sampling_rate: int = RATE, rounds: int = 32) -> None:
        super().__init__()
        self.register_buffer("unmix", torch.linalg.pinv(mel_bands()))

    def forward(self, mel: Tensor) -> Tensor:
        """The wave whose spectrogram this is, nearly."""
        size = (self.unmix.float() @ mel[:, 0].float().exp().transpose(1, 2)).clamp(min=0)
        phases = torch.rand(size.shape, generator=torch.Generator().manual_seed(0)).to(size)
        turn = torch.polar(torch.ones_like(size), 2 * math.pi * phases)
        for _ in range(self.config.rounds):
            guess = _stft(_istft(size * turn))[..., : size.shape[-1]]
            turn = guess / guess.abs().clamp(min=1e-8)
        return _istft(size * turn)[:, None].clamp(-1, 1)


def _rows(mel: Tensor) -> Tensor:
    """(B, L, 64) -> (B, ceil(L/8), 8*64), the last columns repeated."""
    short = -mel.shape[1] % COLUMNS
    whole = F.pad(mel, (0, 0, 0, short), mode="replicate") if short else mel
    return whole.unflatten(1, (-1, COLUMNS)).flatten(2)


def _stft(wave: Tensor) -> Tensor:
    window = torch.hann_window(WINDOW, device=wave.device)
    return torch.stft(wave, WINDOW, HOP, window=window, return_complex=True)


def _istft(waves: Tensor) -> Tensor:
    window = torch.hann_window(WINDOW, device=waves.device)
    return torch.istft(waves, WINDOW, HOP, window=window, length=waves.shape[-1] * HOP)
