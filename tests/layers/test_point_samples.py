import torch

from segcli.layers.point_samples import (
    centres_of,
    certainty,
    labels_at,
    pixels_at,
    random_points,
    uncertain_points,
    values_at,
)


def test_values_at_pixel_centres_are_the_pixels() -> None:
    maps = torch.randn(2, 3, 4, 5)
    y, x = torch.meshgrid(torch.arange(4), torch.arange(5), indexing="ij")
    points = torch.stack([(x + 0.5) / 5, (y + 0.5) / 4], dim=-1).view(1, 20, 2).expand(2, -1, -1)
    torch.testing.assert_close(values_at(maps, points), maps.flatten(2))


def test_labels_are_those_of_the_pixel_that_a_point_lies_in() -> None:
    mask = torch.arange(2 * 4 * 5).view(2, 4, 5)
    points = torch.tensor([[[0.0, 0.0], [0.39, 0.26], [1.0, 1.0]], [[0.99, 0.0], [0.41, 0.99], [0.0, 0.5]]])
    assert labels_at(mask, points, torch.tensor([0, 1])).tolist() == [[0, 6, 19], [24, 37, 30]]


def test_most_points_are_where_the_sign_is_least_certain() -> None:
    torch.manual_seed(0)
    maps = torch.full((1, 1, 8, 8), 9.0)
    maps[..., 4:] = -9.0  # it changes between the fourth and the fifth column

    points = uncertain_points(maps, 100, oversample=10, share=0.75)

    assert points.shape == (1, 100, 2)
    near = ((points[..., 0] - 0.5).abs() < 0.13).sum().item()
    assert 75 <= near < 100
    assert points.min() >= 0
    assert points.max() <= 1


def test_points_of_one_generator_repeat() -> None:
    first, second = (random_points(2, 3, torch.device("cpu"), torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, second)


def test_pixels_and_their_centres_are_inverse() -> None:
    pixels = torch.arange(20)[None]

    assert torch.equal(pixels_at(centres_of(pixels, (4, 5)), (4, 5)), pixels)


def test_certain_is_what_leads_or_what_is_far_from_zero() -> None:
    assert certainty(torch.tensor([[[3.0, 1.0], [-1.0, 1.5], [2.0, 0.0]]])).tolist() == [[1.0, 0.5]]
    assert certainty(torch.tensor([[[-3.0, 1.0]]])).tolist() == [[3.0, 1.0]]
