"""Whether a loss can compare what a model predicts, seen at the first batch."""

from segcli.loop.class_rules import class_rules
from segcli.losses.criterion import Criterion, IncomparableError
from segcli.prediction import Prediction


def require_comparable(
    loss: object, criterion: Criterion, prediction: Prediction, multilabel: bool, trains: bool
) -> None:
    """Refuse what a loss cannot compare.

    Args:
        loss: That of the experiment.
        criterion: What it is used by, or itself.
        prediction: Of a batch.
        multilabel: Whether masks have a channel per class.
        trains: Whether the prediction is one of a training, whose extra ones are compared too.

    Raises:
        IncomparableError: If class weights are not known, or the prediction is not of a kind that is compared.
    """
    if unknown := next(filter(None, (weights.unknown() for weights in class_rules(loss))), ""):
        raise IncomparableError(
            f"{unknown}; what was loaded was trained without such weights, or with other classes, and holds no counts; "
            "give numbers, or the loss of the training"
        )
    if reason := (criterion.refusal if trains else criterion.mismatch)(prediction, multilabel):
        raise IncomparableError(reason)
