"""Clients of this very local AWS: services reach each other as anyone else does, through the front door."""

from functools import cache

import botocore.session
from botocore.config import Config
from ministack.core.responses import get_account_id, get_region

from .settings import settings


def client(service: str):
    """A client for the account and region of the request at hand. Never call it on the event loop, which has to answer it."""
    return _client(service, get_account_id(), get_region())


@cache
def _client(service: str, account: str, region: str):
    return botocore.session.get_session().create_client(
        service,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{settings.port}",
        # ministack takes an access key of twelve digits for the account.
        aws_access_key_id=account,
        aws_secret_access_key="local",
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}, read_timeout=60),
    )
