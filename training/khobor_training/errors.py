"""The one error that means: what the user gave must change."""


class InputError(ValueError):
    """A mistake in a file, a config or an argument; its message names the remedy."""
