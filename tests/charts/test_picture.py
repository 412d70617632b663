"""The live picture: a dot for each, a bar above a few hundred, and no jump in size."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageColor

from pdflab.analysis.scene import EndpointScene, Moves, Renderer, RendererState, Scene
from pdflab.charts import style
from pdflab.charts.moving.picture import HEIGHT, WIDTH, JobPicture
from pdflab.jobs import Endpoint

EMPTY = EndpointScene()


def scene(synchronous: EndpointScene = EMPTY, queued: EndpointScene = EMPTY) -> Scene:
    return {Endpoint.SYNCHRONOUS: synchronous, Endpoint.QUEUED: queued}


def pixels(picture: JobPicture, shown: Scene) -> NDArray[np.uint8]:
    picture.update(shown)
    return np.asarray(Image.open(io.BytesIO(picture.png())).convert("RGBA"))


def area(found: NDArray[np.uint8], colour: str) -> int:
    """Count the pixels that have a colour in full."""
    return int((found[..., :3] == ImageColor.getrgb(colour)).all(axis=-1).sum())


def test_more_clients_are_more_dots() -> None:
    """Ten times the clients, about ten times the colour; the queue's dots have another one."""
    picture = JobPicture()
    none, few, many = (
        area(pixels(picture, scene(EndpointScene(clients=n))), style.WAITING) for n in (0, 10, 100)
    )

    assert none == 0 < few
    assert many == pytest.approx(10 * few, rel=0.1)
    assert area(pixels(picture, scene(queued=EndpointScene(queued=50))), style.QUEUED) > 0


def test_above_a_few_hundred_a_bar_grows_with_the_count() -> None:
    """Ten thousand dots would cover one another."""
    picture = JobPicture()
    found = [pixels(picture, scene(EndpointScene(clients=n))) for n in (300, 600, 900, 12_000)]
    dots, some, more, _ = (area(one, style.WAITING) for one in found)

    assert dots < some < more
    assert {one.shape for one in found} == {(HEIGHT, WIDTH, 4)}


def test_lost_jobs_are_counted_in_the_picture() -> None:
    """Beside the PDFs that there are; nothing is said while nothing is lost."""
    picture = JobPicture()
    none, some = (area(pixels(picture, scene(queued=EndpointScene(lost=n))), style.FAILED) for n in (0, 3))

    assert none == 0 < some


def test_a_killed_renderer_and_a_frozen_one_look_their_part() -> None:
    """The job of a killed one stays in a black box."""
    renderers = [Renderer("worker-1", state, "invoice", 1.0, "j") for state in RendererState]
    picture = JobPicture()

    busy = pixels(picture, scene(queued=EndpointScene(renderers=renderers[1:2])))
    killed = pixels(picture, scene(queued=EndpointScene(renderers=renderers[-1:])))

    assert area(killed, style.FAILED) > 500 > area(busy, style.FAILED)
    assert area(killed, style.RENDERING) > 0


def test_what_moves_is_seen_on_the_arrows() -> None:
    """For one picture, up to five dots an arrow."""
    picture = JobPicture()
    still = area(pixels(picture, scene()), style.RENDERING)

    one = area(pixels(picture, scene(queued=EndpointScene(moves=Moves(completed=1)))), style.RENDERING)
    many = area(pixels(picture, scene(queued=EndpointScene(moves=Moves(completed=500)))), style.RENDERING)

    assert still == 0 < one
    assert many == pytest.approx(5 * one, rel=0.2)


def test_the_ground_is_transparent_and_a_projector_gets_more_pixels() -> None:
    """So that a page of any colour shows through."""
    found = pixels(JobPicture(scale=1.5), scene())

    assert found.shape == (HEIGHT * 1.5, WIDTH * 1.5, 4)
    assert found[0, 0, 3] == 0


def test_the_same_scene_gives_the_same_bytes() -> None:
    """Nothing of an earlier picture is left."""
    picture = JobPicture()
    pixels(picture, scene())
    empty = picture.png()

    pixels(picture, scene(EndpointScene(clients=250, refused=3), EndpointScene(queued=900, retrying=2)))
    pixels(picture, scene())

    assert picture.png() == empty
