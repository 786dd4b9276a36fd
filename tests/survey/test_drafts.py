import pytest

from segcli.survey.drafts import Draft, common_run, drafts_of, literal, with_text


@pytest.mark.parametrize(
    ("image", "mask", "expected"),
    [
        ("images/a.jpg", "labels/a.png", ("images/{name}.jpg", "labels/{name}.png")),
        ("a.jpg", "a_mask.png", ("{name}.jpg", "{name}_mask.png")),
        ("x/image_001.png", "x/mask_001.png", ("{folder}/image_{name}.png", "{folder}/mask_{name}.png")),
        ("img007.png", "lbl007.png", ("img{name}.png", "lbl{name}.png")),
        (
            "leftImg8bit/train/bonn/bonn_1_2_leftImg8bit.png",
            "gtFine/train/bonn/bonn_1_2_gtFine_labelIds.png",
            (
                "leftImg8bit/{split}/{folder}/{name}_leftImg8bit.png",
                "gtFine/{split}/{folder}/{name}_gtFine_labelIds.png",
            ),
        ),
        (
            "training/images/21_training.tif",
            "training/1st_manual/21_manual1.gif",
            ("{split}/images/{name}_{split}.tif", "{split}/1st_manual/{name}_manual1.gif"),
        ),
        (
            "images/train2017/5.jpg",
            "annotations/train2017/5.png",
            ("images/{split}2017/{name}.jpg", "annotations/{split}2017/{name}.png"),
        ),
        ("train/5.png", "trainannot/5.png", ("{split}/{name}.png", "{split}annot/{name}.png")),
        ("train_images/5.jpg", "train_seg/5.png", ("{split}_images/{name}.jpg", "{split}_seg/{name}.png")),
        ("c1/images/c1.png", "c1/masks/0a.png", ("{name}/images/{name}.png", "{name}/masks/*.png")),
        ("images/c1.png", "masks/c1/0a.png", ("images/{name}.png", "masks/{name}/*.png")),
        ("c1/image.png", "c1/mask.png", ("{name}/image.png", "{name}/mask.png")),
        ("s{1}/a.png", "t{1}/a.png", ("s*1*/{name}.png", "t*1*/{name}.png")),
    ],
)
def test_what_two_paths_share_becomes_fields(image: str, mask: str, expected: tuple[str, str]) -> None:
    assert Draft(*expected) in list(drafts_of(image, mask))


def test_names_that_share_no_word_suggest_nothing() -> None:
    assert common_run("abc", "abd") is None
    assert list(drafts_of("images/abc.png", "labels/abd.png")) == []


def test_a_number_weighs_more_than_words() -> None:
    assert common_run("scan_0012_raw", "truth_of_scan_0012") == ("scan_0012", ("", "_raw"), ("truth_of_", ""))


def test_fields_become_text_that_no_pattern_misreads() -> None:
    assert with_text("{folder}/{name}.png", {"folder": "a{b}"}) == "a*b*/{name}.png"
    assert literal("plain_1") == "plain_1"
