"""What can go wrong in the ledger."""


class AppendOnly(TypeError):
    """Somebody tried to change or delete a fact: a programming error."""

    def __init__(self) -> None:
        super().__init__("The ledger is append-only.")
