"""A model applied to images, wherever the model comes from."""
