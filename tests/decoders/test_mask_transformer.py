import pytest
import torch
from torch.nn import functional as F

from segcli.decoders.mask_transformer import MaskTransformer
from segcli.features import Features, FeatureSpec

PLAIN = [FeatureSpec(24, 16)] * 2


def features(height: int = 3, width: int = 5) -> Features:
    levels = [torch.randn(2, 24, height, width) for _ in PLAIN]
    return Features(levels, torch.empty(2, 3, height * 16, width * 16), (height * 16, width * 16))


def test_logits_are_normalised_cosines_of_patches_and_classes() -> None:
    head, tokens = MaskTransformer(PLAIN, 7).eval(), []
    head.norm.register_forward_hook(lambda _, __, output: tokens.append(output))

    found = head(features()).map

    patches, classes = head.project_patches(tokens[0][:, :15]), head.project_classes(tokens[0][:, 15:])
    cosines = F.cosine_similarity(patches[:, :, None], classes[:, None], dim=3)
    expected = F.layer_norm(cosines, (7,)).transpose(1, 2).view(2, 7, 3, 5)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("outputs", [1, 2])
def test_of_one_or_two_classes_more_is_left_than_a_sign(outputs: int) -> None:
    torch.manual_seed(0)

    found = MaskTransformer(PLAIN, outputs).eval()(features(8, 8)).map

    assert found.abs().std() > 0.1


def test_classes_see_the_patches() -> None:
    head, given = MaskTransformer(PLAIN, 3).eval(), features()
    other = given._replace(levels=[x.clone() for x in given.levels])
    other.levels[-1][:, :, 0, 0] += 1

    assert (head(given).map[..., 2, 4] != head(other).map[..., 2, 4]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": 0}, "layers 0, expected at least 1"),
        ({"heads": 5}, "heads 5, expected a number that divides the 24 channels"),
        ({"heads": 0}, "heads 0"),
    ],
)
def test_numbers_that_cannot_be_are_an_error(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MaskTransformer(PLAIN, 3, **arguments)


def test_classes_are_told_apart_from_the_start() -> None:
    torch.manual_seed(0)
    head, seen = MaskTransformer([FeatureSpec(192, 8)], num_outputs=8).eval(), list[torch.Tensor]()
    head.project_classes.register_forward_hook(lambda _module, _inputs, output: seen.append(output))

    head(Features([torch.randn(1, 192, 12, 12)], torch.zeros(1, 3, 96, 96), (96, 96)))

    classes = torch.nn.functional.normalize(seen[0][0], dim=1)
    assert (classes @ classes.T).fill_diagonal_(0).abs().max() < 0.5
