"""Look at a folder of images and masks, and propose the experiment that trains on it."""
