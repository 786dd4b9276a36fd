import pytest
from torch._dynamo.exc import BackendCompilerFailed, TorchDynamoException

from segcli.experiment.errors.compile_failure import explain


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("InvalidCxxCompiler: No working C++ compiler found in cxx: (None, 'g++')", "there is no C++ compiler"),
        ("RuntimeError: Failed to find C compiler. Please specify via CC", "there is no C++ compiler"),
        ("Cannot find a working triton installation", "Triton is missing"),
        (
            "AttributeError: x\n\nSet TORCHDYNAMO_VERBOSE=1 for more",
            "not compiled: AttributeError: x; or switch it off",
        ),
    ],
)
def test_what_failed_and_how_to_train_all_the_same_is_told(message: str, told: str) -> None:
    problem = explain(TorchDynamoException(message))

    assert problem is not None
    assert str(problem).startswith("error: model.compile: the model was not compiled: ")
    assert told in str(problem)
    assert str(problem).endswith("or switch it off")


def test_what_a_backend_raises_is_one_of_them() -> None:
    assert issubclass(BackendCompilerFailed, TorchDynamoException)


def test_other_errors_are_left_alone() -> None:
    assert explain(RuntimeError("triton")) is None
