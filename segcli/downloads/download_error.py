"""What ends a download."""


class DownloadError(Exception):
    """A data set could not be downloaded; the message says what is wrong and what to do."""
