"""Values that follow from others where nobody gives them. Torch-free."""

from segcli.config.library import Library
from segcli.config.node import Node, Source

CHANNELS = {"RGB": 3, "L": 1, "RGBA": 4}
"""Channels of images by ``data.image_mode``."""


def with_channels(root: Node, library: Library) -> Node:
    """Return a tree in which ``model.backbone.in_channels`` is that of ``data.image_mode``, unless it is given.

    Args:
        root: A composed tree; it is left as it is.
        library: What is known about the components.
    """
    mode, model = _argument(root, "data", "image_mode"), root.value.get("model")
    channels = CHANNELS.get(str(mode.value)) if mode is not None else None
    backbone = model.value.get("backbone") if model is not None and model.is_mapping() else None
    if channels in (None, 3) or mode is None or backbone is None or not backbone.is_mapping():
        return root
    name = backbone.value.get("class_path")
    arguments = backbone.value.get("init_args")
    given = arguments.value if arguments is not None else {}
    if name is None or "in_channels" in given:
        return root
    place = library.root.child("model").child("backbone")
    signature = library.signature(place.class_path(str(name.value)))
    if signature is None or "in_channels" not in signature.parameters:
        return root
    follows = Node(channels, Source(f"data.image_mode at {mode.source}"))
    whole = Node({**given, "in_channels": follows}, arguments.source if arguments is not None else backbone.source)
    parts = backbone.laid_over(None, {**backbone.value, "init_args": whole})
    assert model is not None
    return root.laid_over(None, {**root.value, "model": model.laid_over(None, {**model.value, "backbone": parts})})


def _argument(root: Node, section: str, name: str) -> Node | None:
    node = root.value.get(section)
    for key in ("init_args", name):
        node = node.value.get(key) if node is not None and node.is_mapping() else None
    return node
