"""Joint image and mask transforms beyond those of albumentations."""
