from tests.predict.conftest import exported, images, predictor, segmenter

__all__ = ["exported", "images", "predictor", "segmenter"]
