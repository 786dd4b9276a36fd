"""What papers and other libraries call components that have another name here."""

from collections.abc import Iterable, Mapping

from segcli.config.errors import did_you_mean

OTHER_NAMES: Mapping[str, Mapping[str, str]] = {
    "decoders": {
        "aspp": "DeepLabV3",
        "ocr": "OCRNet",
        "psp": "PSPNet",
        "segmenter": "MaskTransformer",
        "segnext": "Hamburger",
        "semanticfpn": "FPN",
        "vitdet": "SimplePyramid",
    },
    "losses": {
        "bce": "CrossEntropyLoss",
        "bceloss": "CrossEntropyLoss",
        "bcewithlogitsloss": "CrossEntropyLoss",
        "comboloss": "WeightedSum",
        "focaltverskyloss": "TverskyLoss",
        "iouloss": "JaccardLoss",
        "nllloss": "CrossEntropyLoss",
        "softbcewithlogitsloss": "CrossEntropyLoss",
        "softiouloss": "JaccardLoss",
    },
    "metrics": {
        "ece": "ExpectedCalibrationError",
        "f1": "FBeta",
        "f1score": "FBeta",
        "hausdorffdistance": "HD95",
        "map": "AveragePrecision",
        "nsd": "SurfaceDice",
    },
}
"""Family to name elsewhere, in lower case without spaces, dashes and underscores, to name here."""


def name_here(word: str, family: str) -> str:
    """Return the name here of what is called ``word`` elsewhere; empty if it is not known."""
    return OTHER_NAMES.get(family, {}).get(word.lower().translate(str.maketrans("", "", " -_")), "")


def did_you_mean_among(word: str, family: str, options: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for what goes by another name here, else for the closest option, or nothing."""
    meant = name_here(word, family)
    return f" (did you mean {meant!r}?)" if meant else did_you_mean(word, options)
