"""Values that follow from others where nobody gives them. Torch-free."""

from segcli.config.library import Library
from segcli.config.node import ComponentNode, MappingNode, Node, ScalarNode, Source, component_fields

CHANNELS = {"RGB": 3, "L": 1, "RGBA": 4}
"""Channels of images by ``data.image_mode``."""


def with_channels(root: MappingNode, library: Library) -> MappingNode:
    """Return a tree in which ``model.backbone.in_channels`` is that of ``data.image_mode``, unless it is given.

    Args:
        root: A composed tree; it is left as it is.
        library: What is known about the components.
    """
    mode, model = _argument(root, "data", "image_mode"), root.value.get("model")
    channels = CHANNELS.get(str(mode.value)) if mode is not None else None
    backbone = model.value.get("backbone") if isinstance(model, MappingNode) else None
    if channels in (None, 3) or mode is None or not isinstance(backbone, ComponentNode):
        return root
    given = backbone.arguments
    if "in_channels" in given:
        return root
    place = library.root.child("model").child("backbone")
    signature = library.signature(place.class_path(backbone.name))
    if signature is None or "in_channels" not in signature.parameters:
        return root
    follows = ScalarNode(channels, Source(f"data.image_mode at {mode.source}"))
    whole = MappingNode({**given, "in_channels": follows}, (backbone.inner or backbone).source)
    parts = backbone.laid_over(None, component_fields(backbone.cls, whole))
    assert isinstance(model, MappingNode)
    return root.laid_over(None, {**root.value, "model": model.laid_over(None, {**model.value, "backbone": parts})})


def _argument(root: MappingNode, section: str, name: str) -> Node | None:
    node = root.value.get(section)
    return node.arguments.get(name) if isinstance(node, MappingNode) else None
