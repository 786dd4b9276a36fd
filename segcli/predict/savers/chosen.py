"""All that predictions may be saved as, by name."""

from collections.abc import Mapping, Sequence

from segcli.predict.savers.base import Saver, Told
from segcli.predict.savers.coco import Coco
from segcli.predict.savers.confidence import Confidence
from segcli.predict.savers.geojson import GeoJson
from segcli.predict.savers.labels import Labels
from segcli.predict.savers.overlays import Overlays
from segcli.predict.savers.probabilities import Probabilities

SAVERS: Mapping[str, type[Saver]] = {
    each.name: each for each in (Labels, Overlays, Probabilities, Confidence, GeoJson, Coco)
}
DEFAULT = (Labels.name, Overlays.name)


def chosen_savers(names: Sequence[str], told: Told) -> list[Saver]:
    """Return the savers of names, each of :data:`SAVERS`."""
    return [SAVERS[name](told) for name in names]
