"""Look at all images and masks of a data set before a training, and say what is wrong with them."""

from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.datasets.data_progress import DataProgress
from segcli.inspection.class_findings import classes_of_splits
from segcli.inspection.copy_findings import copies
from segcli.inspection.file_findings import files_at_fault, files_without_use, lossy_masks, refused_splits
from segcli.inspection.finding import DataReport
from segcli.inspection.image_findings import image_sizes
from segcli.inspection.part_findings import parts_of_files
from segcli.inspection.prepared_splits import prepare_splits
from segcli.inspection.scan import scan
from segcli.inspection.sequence_findings import sequences_in_splits


def check_data(data: SegmentationDataModule) -> DataReport:
    """Read all images and masks of train, val and, if there is one, test.

    Args:
        data: The data module; its splits need not be prepared.

    Raises:
        DataError: If no split can be prepared.
    """
    refused = prepare_splits(data)
    total = sum(map(len, data.datasets.values()))
    with DataProgress(total, "reading data") as progress:
        scans = [scan(split, each, len(data.classes), progress.advance) for split, each in data.datasets.items()]
    with DataProgress(total, "comparing images") as progress:
        found = [
            *refused_splits(refused),
            *files_at_fault(scans),
            *copies(scans, progress.advance),
            *classes_of_splits(scans, data.classes, data.multilabel),
            *sequences_in_splits(data, scans),
            *lossy_masks(scans),
            *files_without_use(data),
            *image_sizes(scans),
            *parts_of_files(scans),
        ]
    images: dict[str, int] = {scan.split: len(scan.images) for scan in scans}
    return DataReport(images, ()).with_findings(found)
