"""Errors as AWS words and numbers them."""


class AwsError(Exception):
    """An answer of a service that is not success; `members` are the modelled fields beside the message."""

    def __init__(self, code: str, message: str, status: int = 400, **members):
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = members


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)
