import segcli.transforms  # noqa: F401  before any test here imports albumentations
