from segcli.features import FeatureSpec


def test_a_spec_reads_by_name_and_order() -> None:
    channels, stride = spec = FeatureSpec(64, 4)
    assert (spec.channels, spec.stride) == (channels, stride) == (64, 4)
