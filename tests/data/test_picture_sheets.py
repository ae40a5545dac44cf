import pytest

from modzoo.data.picture_files import full_columns


@pytest.mark.parametrize(
    ("count", "aspect", "columns"),
    [
        (1, 1, 1),
        (2, 1, 2),
        (3, 1, 3),
        (4, 1, 2),
        (5, 1, 3),
        (7, 1, 4),
        (10, 1, 5),
        (16, 1, 4),
        (16, 2, 4),
        (16, 0.5, 8),
        (2, 8, 1),
    ],
)
def test_columns(count, aspect, columns):
    assert full_columns(count, aspect) == columns


@pytest.mark.parametrize("aspect", [0.5, 1, 2])
def test_no_picture_stands_alone(aspect):
    for count in range(2, 200):
        columns = full_columns(count, aspect)
        assert columns == 1 or count % columns != 1, count
