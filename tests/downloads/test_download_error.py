from segcli.downloads.download_error import DownloadError


def test_it_is_no_error_of_the_disk() -> None:
    """Blocks that tell those pass it on as it is."""
    assert not issubclass(DownloadError, OSError | ValueError)
