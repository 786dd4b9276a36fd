from segcli.experiment.decoder_matrix import KINDS, decoder_matrix


def test_each_pair_is_tried_and_what_does_not_work_says_why() -> None:
    found = {(one.decoder, one.kind): one.reason for one in decoder_matrix(["FPN", "EoMT"])}

    assert list(found) == [(name, kind) for name in ("FPN", "EoMT") for kind in KINDS]
    assert [kind for kind in KINDS if found["FPN", kind]] == ["plain transformer with tail_blocks"]
    assert "the decoder does not run blocks of the backbone" in found["FPN", "plain transformer with tail_blocks"]
    assert found["EoMT", "plain transformer with tail_blocks"] == ""
    assert "EoMT got a backbone that leaves it no blocks" in found["EoMT", "CNN"]
