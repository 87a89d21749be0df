"""Loading a diffusers pipeline the way an operator wants it: numbers, device, memory, speed."""

from __future__ import annotations

import importlib
import importlib.util
import os
from pathlib import Path
from typing import Any

import torch
from diffusers import ContextParallelConfig, DiffusionPipeline, FirstBlockCacheConfig
from diffusers.quantizers import PipelineQuantizationConfig

from generation.engine.families import Options
from generation.engine.loading import index_of
from generation.engine.types import Unsupported

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
EXACT = ("audio_vae", "vocoder")  # small parts whose sound suffers from short numbers
NETWORKS = ("transformer", "transformer_2")  # some families have one for the last steps
QUANTIZED = {
    "int8": "Int8WeightOnlyConfig",
    "int4": "Int4WeightOnlyConfig",
    "fp8": "Float8WeightOnlyConfig",
}


def open_pipeline(kind: type[DiffusionPipeline], folder: Path, options: Options) -> Any:
    """The folder as that pipeline, without a network, placed and tuned as the options say."""
    device = device_of(options)
    pipeline = kind.from_pretrained(
        folder,
        dtype=_dtypes(folder, dtype_of(options)),
        quantization_config=_quantization(options),
        local_files_only=True,
        use_safetensors=True,
    )
    pipeline.set_progress_bar_config(disable=True)
    _place(pipeline, options, device)
    if options.tiled:
        spare_memory(pipeline)
    for name in NETWORKS:
        if getattr(pipeline, name, None) is not None:
            _tune(getattr(pipeline, name), options)
    return pipeline


def device_of(options: Options) -> str:
    """Where the model computes."""
    return (
        ("cuda" if torch.cuda.is_available() else "cpu")
        if options.device == "auto"
        else (options.device)
    )


def dtype_of(options: Options) -> torch.dtype:
    """The numbers of the large parts."""
    on_gpu = device_of(options).startswith("cuda")
    name = ("bf16" if on_gpu else "fp32") if options.dtype == "auto" else options.dtype
    if name not in DTYPES:
        raise Unsupported("options.dtype", name, ["auto", *DTYPES])
    return DTYPES[name]


def spare_memory(pipeline: Any) -> bool:
    """Decode in tiles and one clip at a time from now on; False where that is so already."""
    vae, spared = pipeline.vae, False
    for enable, on in (("enable_tiling", "use_tiling"), ("enable_slicing", "use_slicing")):
        if hasattr(vae, enable) and not getattr(vae, on, False):
            getattr(vae, enable)()
            spared = True
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return spared


def _dtypes(folder: Path, dtype: torch.dtype) -> dict[str, torch.dtype]:
    """Long numbers for sound and for our own closed-form codecs, the operator's for the rest."""
    ours = [
        name
        for name, entry in index_of(folder).items()
        if isinstance(entry, list)
        and str(entry[0]).startswith("generation.")
        and name not in NETWORKS
    ]
    return {"default": dtype} | dict.fromkeys([*EXACT, *ours], torch.float32)


def _quantization(options: Options) -> PipelineQuantizationConfig | None:
    if options.quantize == "none":
        return None
    if options.quantize not in QUANTIZED:
        raise Unsupported("options.quantize", options.quantize, ["none", *QUANTIZED])
    if importlib.util.find_spec("torchao") is None:
        raise Unsupported("options.quantize", options.quantize, "none, until torchao is installed")
    from diffusers import TorchAoConfig  # noqa: PLC0415 -- torchao is optional

    recipe = getattr(importlib.import_module("torchao.quantization"), QUANTIZED[options.quantize])
    return PipelineQuantizationConfig(
        quant_mapping={name: TorchAoConfig(recipe()) for name in NETWORKS}
    )


def _place(pipeline: Any, options: Options, device: str) -> None:
    if options.offload == "none":
        pipeline.to(device)
    elif device == "cpu":
        raise Unsupported("options.offload", options.offload, "none, on a CPU")
    elif options.offload == "model":
        pipeline.enable_model_cpu_offload(device=device)
    elif options.offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=device)
    else:
        raise Unsupported("options.offload", options.offload, ["none", "model", "sequential"])


def _tune(network: Any, options: Options) -> None:
    if options.parallel > 1:
        _share_among_devices(network, options.parallel)
    if options.step_cache != "none":
        _reuse_steps(network, options.step_cache)
    if options.compile:
        if options.cache_dir:
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = options.cache_dir
        network.compile_repeated_blocks()


def _share_among_devices(network: Any, degree: int) -> None:
    distributed = torch.distributed
    here = distributed.get_world_size() if distributed.is_initialized() else 1
    if here != degree:
        raise Unsupported("options.parallel", degree, f"{here}: the processes launched together")
    network.enable_parallelism(config=ContextParallelConfig(ulysses_degree=degree))


def _reuse_steps(network: Any, name: str) -> None:
    if name != "first_block":
        raise Unsupported("options.step_cache", name, ["none", "first_block"])
    try:
        network.enable_cache(FirstBlockCacheConfig())
    except (ValueError, AttributeError) as error:  # diffusers does not know this network's blocks
        raise Unsupported("options.step_cache", name, "none, for this family") from error
