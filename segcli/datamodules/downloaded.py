"""What a datamodule does for a data set that can be downloaded."""

import sys
from pathlib import Path

from pytorch_lightning import LightningDataModule

from segcli.config.escape import command
from segcli.config.output import say
from segcli.datasets.pairing import listing, nearest
from segcli.downloads.data_set import DataSet
from segcli.downloads.download_error import DownloadError
from segcli.downloads.fetch import fetch, is_free
from segcli.downloads.known import DATA_SETS
from segcli.program import program
from segcli.sample import DataError


class Downloaded(LightningDataModule):
    """Download the data set before it is read, or say how, where its folder is missing.

    Attributes:
        download: Whether to download it.
        folder: Of the data; None where there is none.
    """

    download: bool = False
    folder: Path | None = None

    def known_data_set(self) -> DataSet | None:
        """Return the data set that is read, if it is one that can be downloaded."""
        return None

    def check_download(self) -> None:
        """Refuse to download what is no known data set.

        Raises:
            DataError: If that is asked for.
        """
        if self.download and self.known_data_set() is None:
            presets = ", ".join(f"segcli:data/{name}" for name in DATA_SETS)
            raise DataError(
                f"data.download got true, expected the patterns of a data set that can be downloaded, those "
                f"of {presets}."
            )

    def prepare_data(self) -> None:
        """Download the data set if that is asked for and its folder is missing or empty; Lightning calls it per node.

        Images to predict are never downloaded.

        Raises:
            DataError: If it cannot be downloaded.
        """
        self.check_download()
        data = self.known_data_set()
        predicts = self.trainer is not None and self.trainer.state.fn == "predict"
        if not self.download or data is None or self.folder is None or predicts or not is_free(self.folder):
            return
        say(*data.describe(self.folder), file=sys.stderr)
        try:
            fetch(data, self.folder)
        except DownloadError as error:
            raise DataError(f"data.download: {error}") from None

    def require_folder(self, stage: str) -> None:
        """Refuse a missing folder of a data set that can be downloaded.

        Args:
            stage: One of Lightning's; images to predict are in a folder of their own.

        Raises:
            DataError: If it is missing or empty; names the command that downloads it.
        """
        data, folder = self.known_data_set(), self.folder
        if stage == "predict" or data is None or folder is None or not is_free(folder):
            return
        elsewhere = [] if folder == data.layout.root else ["--root", str(folder)]
        words = command(["data", "fetch", data.name, *elsewhere])
        raise DataError(
            f"{folder} is missing or empty; {listing(nearest(folder))}.\n  Download {data.name} ({data.shown_size}): "
            f"{program()} {words}, or here with --data.download true; or correct data.root."
        )
