import re
from collections.abc import Mapping
from pathlib import Path

import torch

from segcli.decoders.unet import UNet
from segcli.decoders.unet_plus_plus import UNetPlusPlus
from segcli.features import FeatureSpec
from segcli.inference.smp_names import decoder_names
from segcli.registry import names

LEVELS = [FeatureSpec(8, 2**level) for level in range(1, 6)]
STORED = Path(__file__).with_name("smp_unet.txt")


def renamed(name: str, table: Mapping[str, str]) -> str:
    (pattern,) = (each for each in table if re.match(each, name))
    return re.sub(f"^{pattern}", table[pattern], name)


def test_every_name_in_a_decoder_of_theirs_has_one_of_ours() -> None:
    theirs = [line.split()[0] for line in STORED.read_text().splitlines() if not line.startswith("encoder.")]
    ours = {f"decoder.{name}" for name in UNet(LEVELS).state_dict()} | {"classifier.weight", "classifier.bias"}

    assert {renamed(name, decoder_names("UNet", ours)) for name in theirs} == ours


def test_nodes_of_unet_plus_plus_are_counted_from_the_other_end() -> None:
    with torch.device("meta"):
        own = {f"decoder.{name}" for name in UNetPlusPlus(LEVELS).state_dict()}
    table = decoder_names("UNetPlusPlus", own)

    places = {
        "x_0_0": "nodes.3_1",
        "x_0_3": "nodes.0_4",
        "x_3_3": "nodes.0_1",
        "x_1_2": "nodes.1_2",
        "x_0_4": "blocks.0",
    }
    for theirs, ours in places.items():
        assert renamed(f"decoder.blocks.{theirs}.conv2.0.weight", table) == f"decoder.{ours}.1.conv.weight"


def test_tables_are_those_of_registered_decoders() -> None:
    with_table = {name for name in names("decoders") if decoder_names(name, [])}

    assert len(with_table) == 12
    assert decoder_names("Hamburger", []) == {}
