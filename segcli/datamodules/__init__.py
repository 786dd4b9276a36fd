"""LightningDataModules: which images train, validate, test and predict use."""

import segcli.transforms  # noqa: F401  before any module here imports albumentations
