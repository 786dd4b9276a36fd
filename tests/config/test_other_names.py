import pytest

from segcli.config.other_names import OTHER_NAMES, did_you_mean_among, name_here
from segcli.registry import names


@pytest.mark.parametrize("family", OTHER_NAMES)
def test_other_names_are_none_of_ours_and_lead_to_one(family: str) -> None:
    ours = names(family)

    assert set(OTHER_NAMES[family].values()) <= set(ours)
    assert not set(OTHER_NAMES[family]) & {name.lower() for name in ours}


def test_a_name_of_elsewhere_comes_before_one_that_is_spelt_alike() -> None:
    assert did_you_mean_among("Segmenter", "decoders", names("decoders")) == " (did you mean 'MaskTransformer'?)"
    assert did_you_mean_among("SegFormr", "decoders", names("decoders")) == " (did you mean 'SegFormer'?)"
    assert name_here("BCE-with_logits Loss", "losses") == "CrossEntropyLoss"
    assert not name_here("ece", "transforms")
