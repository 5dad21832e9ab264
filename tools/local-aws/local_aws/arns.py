"""Amazon resource names of the request's account and region."""

from ministack.core.responses import get_account_id, get_region


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


def name_in(arn_or_name: str) -> str:
    """The last part of an ARN, or the name itself."""
    return arn_or_name.rsplit("/", 1)[-1]
