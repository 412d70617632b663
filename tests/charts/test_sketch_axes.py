"""The axes of a sketch show what was sketched so far."""

from pdflab.charts.sketch_axes import HEIGHT, WIDTH, sketch_png

AXES = {"at": (0.1, 0.5, 0.95), "values": (1.0, 12.0), "at_label": "utilisation", "label": "service times"}


def test_each_point_changes_the_picture_and_none_its_size() -> None:
    """The handles upon it keep their places."""
    empty = sketch_png([], **AXES)  # type: ignore[arg-type]
    drawn = sketch_png([(0.1, 2.0), (0.95, 9.0)], **AXES)  # type: ignore[arg-type]

    sizes = {(int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) for png in (empty, drawn)}
    assert empty != drawn
    assert sizes == {(WIDTH, HEIGHT)}
