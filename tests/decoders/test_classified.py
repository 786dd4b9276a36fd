import torch

from segcli.decoders.classified import Classified, as_head, classifier_of
from segcli.decoders.fcn import FCN
from segcli.decoders.unet import UNet
from segcli.features import Features, FeatureSpec

PYRAMID = [FeatureSpec(8, 4), FeatureSpec(12, 8)]


def test_it_predicts_logits_at_the_stride_of_the_map() -> None:
    head = Classified(FCN(PYRAMID, width=6), num_outputs=3).eval()
    levels = [torch.randn(2, f.channels, 64 // f.stride, 96 // f.stride) for f in PYRAMID]

    prediction = head(Features(levels, torch.zeros(2, 3, 64, 96), (64, 96)))

    assert prediction.map.shape == (2, 3, 8, 12)
    assert prediction.logits((60, 90)).shape == (2, 3, 60, 90)


def test_the_classifier_is_as_the_decoder_wants_it_and_starts_without_bias() -> None:
    classifier = classifier_of(UNet(PYRAMID), 5)

    assert classifier.kernel_size == (3, 3)
    assert classifier.weight.shape[:2] == (5, 16)
    assert (classifier.bias == 0).all()


def test_a_head_stays_as_it_is_and_a_decoder_becomes_one() -> None:
    head = as_head(FCN(PYRAMID), 3)

    assert isinstance(head, Classified)
    assert as_head(head, 3) is head
