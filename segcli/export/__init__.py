"""Files that hold a model with all that lies between the pixels of an image and its labels."""
