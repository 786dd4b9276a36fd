"""Joint image and mask transforms beyond those of albumentations.

Import this package before albumentations, which otherwise asks the network for its latest version.
"""

import os

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
