"""One loaded engine for all tests of it; pictures and clips to give it."""

from pathlib import Path

import av
import numpy as np
import pytest
import skimage
import torch
from PIL import Image, ImageDraw

from generation.engine import render
from generation.engine.types import RenderRequest

SHIPPED = Path(render.__file__).parent / "small"
ASTRONAUT = Path(skimage.__file__).parent / "data" / "astronaut.png"
FACE = (149, 15, 299, 205)  # of the astronaut's picture, with some margin


@pytest.fixture(scope="session")
def engine():
    torch.set_num_threads(1)
    return render.load(SHIPPED)


@pytest.fixture
def clip(engine):
    """Renders short clips: `clip("a ball", seed=2, references=(path,))`."""

    def make(prompt, on_step=lambda done, total: None, **changes):
        return engine.render(asked(engine, prompt, **changes), on_step)

    return make


def asked(engine, prompt, **changes):
    """A request at the model's size, two latent frames long."""
    able = engine.capabilities
    width, height = able.sizes[0]
    plain = {"seed": 1, "width": width, "height": height, "frames": 1 + able.frame_step}
    return RenderRequest(
        prompt, **plain | {"fps": able.fps, "steps": 6, "guidance": able.guidance} | changes
    )


@pytest.fixture
def saved(tmp_path):
    """Writes a frame (H, W, 3) or a mask (H, W) as a picture."""

    def save(frame, name="picture"):
        path = tmp_path / f"{name}.png"
        Image.fromarray(frame).save(path)
        return path

    return save


@pytest.fixture
def face(tmp_path):
    """The astronaut's face: nobody the model was trained on."""
    path = tmp_path / "face.png"
    Image.open(ASTRONAUT).convert("RGB").crop(FACE).save(path)
    return path


@pytest.fixture
def painted(tmp_path):
    """Writes a picture of one colour: `painted("red")`."""

    def paint(colour, size=(80, 100)):
        path = tmp_path / f"{colour}.png"
        Image.new("RGB", size, colour).save(path)
        return path

    return paint


@pytest.fixture
def photo():
    """A face of plain colours: hair above, skin in the middle, a shirt below, a wall behind."""

    def paint(hair=(60, 30, 20), skin=(220, 180, 150), shirt=(20, 60, 200)):
        picture = Image.new("RGB", (200, 240), (120, 140, 130))
        pen = ImageDraw.Draw(picture)
        pen.ellipse((50, 5, 150, 120), fill=hair)
        pen.ellipse((55, 40, 145, 190), fill=skin)
        pen.rectangle((30, 200, 170, 240), fill=shirt)
        return picture

    return paint


def psnr(one, other):
    """Decibels of likeness of two pictures or clips of bytes."""
    wrong = np.square(one.astype(float) - other).mean()
    return 99.0 if wrong == 0 else 10 * np.log10(255**2 / wrong)


def write_clip(path, frames, fps):
    """An mp4 of frames (T, H, W, 3), nearly lossless."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=fps, options={"crf": "6"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame))))
        file.mux(stream.encode())
    return path
