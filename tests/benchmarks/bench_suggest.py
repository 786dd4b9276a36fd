"""What `segcli suggest` is worth: ``python -m tests.benchmarks.bench_suggest WEIGHTS [CAMVID]``.

``WEIGHTS`` are those of timm's tf_efficientnet_lite0, ``CAMVID`` the folder of the data set; without it, pictures of
shapes are drawn. The backbone stays as it is, and a linear classifier is fitted on its levels at stride 8, which takes
a second: so choices can be tried with many seeds, where trainings of whole models would take days. Per seed, one is
fitted on 10 random images of the pool; then one on these and 10 more (``--images``), chosen by chance, as `segcli
suggest` does, by uncertainty alone, and by distances alone. All are measured on other images.

Also printed: Spearman's rank correlation of an image's uncertainty, by each measure and each way to sum up its pixels,
with its error, 1 minus the mean IoU of the classes that it has, by the classifiers of the first images.
"""

import argparse
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch import Tensor, nn
from torch.nn import functional as F

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.datamodules.camvid_data_module import CamVidDataModule
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.datasets.sample_dataset import SampleDataset
from segcli.decoders.fpn import FPN
from segcli.metrics.segmentation_metric import SegmentationMetric
from segcli.sample import IGNORE_INDEX
from segcli.segmenter import Segmenter
from segcli.suggest.spread import choose
from segcli.suggest.uncertainty import MEASURES, uncertainty_map

STEPS, STRIDE = 200, 8
SUMS: dict[str, Callable[[NDArray[np.float32]], float]] = {
    "mean": lambda values: float(values.mean()),
    "highest tenth": lambda values: float(np.sort(values, axis=None)[-values.size // 10 :].mean()),
    "highest hundredth": lambda values: float(np.sort(values, axis=None)[-values.size // 100 :].mean()),
}


class Images:
    """What the backbone makes of images, half the size of CamVid's, and their masks.

    Args:
        segmenter: Its backbone is used.
        dataset: The images.
        step: Every so many pixels are taken.
    """

    def __init__(self, segmenter: Segmenter, dataset: SampleDataset, step: int) -> None:
        self.maps, self.masks, whole = list[Tensor](), list[Tensor](), list[Tensor]()
        for index in range(len(dataset)):
            image, mask = dataset.load(index)
            assert mask is not None
            pixels = torch.from_numpy(np.ascontiguousarray(image[::step, ::step])).permute(2, 0, 1)[None]
            with torch.inference_mode():
                features = segmenter.extract(pixels)
            size = features.size[0] // STRIDE, features.size[1] // STRIDE
            levels = [F.normalize(F.interpolate(x, size, mode="bilinear"), dim=1) for x in features.levels[1:]]
            self.maps.append(torch.cat(levels, dim=1)[0].clone())
            whole.append(F.normalize(features.levels[-1].mean(dim=(2, 3)))[0])
            self.masks.append(torch.from_numpy(np.ascontiguousarray(mask[::step, ::step])))
        self.whole = torch.stack(whole).numpy()

    def probabilities(self, classifier: nn.Linear, index: int) -> NDArray[np.float32]:
        """Return ``(K, H, W)`` of an image at the size of its mask."""
        height, width = self.masks[index].shape
        with torch.inference_mode():
            logits = classifier(self.maps[index].permute(1, 2, 0)).permute(2, 0, 1)[None]
            resized = F.interpolate(logits, scale_factor=STRIDE, mode="bilinear")[0, :, :height, :width]
            found: NDArray[np.float32] = resized.softmax(dim=0).numpy()
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("camvid", type=Path, nargs="?")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--images", type=int, default=10, help="labelled ones, and as many that are chosen")
    args = parser.parse_args()
    backbone = TimmBackbone("tf_efficientnet_lite0", weights=str(args.weights))
    segmenter = Segmenter(backbone, FPN(backbone.features), 2).eval()
    data = ShapesDataModule(400, 100) if args.camvid is None else CamVidDataModule(str(args.camvid))
    for split in ("train", "val"):
        data.prepare(split)
    step = 1 if args.camvid is None else 2
    pool, tested = (Images(segmenter, data.datasets[split], step) for split in ("train", "val"))
    print(f"pool of {len(pool.maps)} images, {len(tested.maps)} to measure, {len(data.classes)} classes", flush=True)
    scores, rho = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for seed in range(args.seeds):
        first = random.Random(seed).sample(range(len(pool.maps)), args.images)
        classifier = fitted(pool, first, len(data.classes), seed)
        scores["before"].append(measured(tested, classifier))
        for what, value in correlations(tested, classifier):
            rho[what].append(value)
        for what, chosen in choices(pool, classifier, first, seed):
            scores[what].append(measured(tested, fitted(pool, [*first, *chosen], len(data.classes), seed)))
    chance = np.array(scores["by chance"])
    for what, values in scores.items():
        difference = np.array(values) - chance
        error = difference.std(ddof=1) / len(values) ** 0.5
        print(f"{what:32} mIoU {statistics.mean(values):.4f}  against chance {difference.mean():+.4f} ± {error:.4f}")
    for what, values in rho.items():
        print(f"{what:32} rho {statistics.mean(values):.3f}")


def choices(pool: Images, classifier: nn.Linear, first: Sequence[int], seed: int) -> Iterator[tuple[str, list[int]]]:
    """Yield ways to choose and what they choose from the images that are not among the first."""
    others = [index for index in range(len(pool.maps)) if index not in first]
    maps = [pool.probabilities(classifier, index) for index in others]
    features, centres = pool.whole[others], pool.whole[list(first)]
    number = len(first)
    yield "by chance", random.Random(1000 + seed).sample(others, number)
    for by in MEASURES:
        unsure = [float(uncertainty_map(each, False, by).mean()) for each in maps]
        found = choose(unsure, features, number, centres)
        yield f"suggest --by {by}", [others[each.position] for each in found]
        if by == MEASURES[0]:
            alone = np.argsort(unsure)[::-1][:number]
            yield "by entropy alone", [others[at] for at in alone]
    even = choose(np.ones(len(others)), features, len(others), centres)[:number]
    yield "by distances alone", [others[each.position] for each in even]


def fitted(images: Images, chosen: Sequence[int], num_classes: int, seed: int) -> nn.Linear:
    """Return a classifier of the pixels of some images, at the stride of the features."""
    inputs, labels = list[Tensor](), list[Tensor]()
    for index in chosen:
        maps, half = images.maps[index], STRIDE // 2
        mask = images.masks[index][half::STRIDE, half::STRIDE]
        inputs.append(maps[:, : mask.shape[0], : mask.shape[1]].flatten(1).T)
        labels.append(mask.flatten().long())
    x, y = torch.cat(inputs), torch.cat(labels)
    torch.manual_seed(seed)
    classifier = nn.Linear(x.shape[1], num_classes)
    optimizer = torch.optim.Adam(classifier.parameters(), lr=0.05)
    for _ in range(STEPS):
        optimizer.zero_grad()
        F.cross_entropy(classifier(x), y, ignore_index=IGNORE_INDEX).backward()
        optimizer.step()
    return classifier


def measured(images: Images, classifier: nn.Linear) -> float:
    """Return the mean IoU over images."""
    metric = SegmentationMetric(classifier.out_features)
    for index, mask in enumerate(images.masks):
        labels = torch.from_numpy(images.probabilities(classifier, index).argmax(axis=0))
        metric.update(labels[None], mask[None])
    return float(metric.compute().mean_iou)


def correlations(images: Images, classifier: nn.Linear) -> Iterator[tuple[str, float]]:
    """Yield how well each uncertainty tells which images the classifier errs on."""
    errors, found = list[float](), defaultdict[str, list[float]](list)
    for index, mask in enumerate(images.masks):
        probabilities, truth = images.probabilities(classifier, index), mask.numpy()
        labels, known = probabilities.argmax(axis=0), truth != IGNORE_INDEX
        present = np.unique(truth[known])
        shares = [
            ((labels == k) & (truth == k)).sum() / (((labels == k) & known) | (truth == k)).sum() for k in present
        ]
        errors.append(1 - float(np.mean(shares)))
        for by in MEASURES:
            values = uncertainty_map(probabilities, False, by)
            for way, sum_up in SUMS.items():
                found[f"{by}, {way}"].append(sum_up(values))
    for what, values in found.items():
        yield what, float(spearmanr(values, errors).statistic)


if __name__ == "__main__":
    main()
