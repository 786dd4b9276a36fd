"""Networks that turn a pyramid of features into one map."""
