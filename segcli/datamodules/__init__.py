"""LightningDataModules: which images train, validate, test and predict use."""
