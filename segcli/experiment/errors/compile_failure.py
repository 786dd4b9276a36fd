"""Say of a model that cannot be compiled how to train without."""

from segcli.config.errors import ConfigError, Problem
from segcli.experiment.errors.plain_words import shorten
from segcli.private_names import compile_error

_NO_COMPILER = ("InvalidCxxCompiler", "No working C++ compiler", "Failed to find C compiler")
_NO_TRITON = ("triton", "Triton")


def explain(error: BaseException) -> ConfigError | None:
    """Return what to tell of an error, or None if compiling did not raise it."""
    kind = compile_error()
    if kind is None or not isinstance(error, kind):
        return None
    text = str(error)
    if any(sign in text for sign in _NO_COMPILER):
        why = "there is no C++ compiler; install one (g++), which CXX may name"
    elif type(error).__name__ == "TritonMissing" or (any(sign in text for sign in _NO_TRITON) and "nstall" in text):
        why = "Triton is missing, which comes with torch's wheels for Linux"
    else:
        why = shorten(text.split("Set TORCHDYNAMO_VERBOSE")[0])
    return ConfigError([Problem(f"the model was not compiled: {why}; or switch it off", "model.compile")])
