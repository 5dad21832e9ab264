"""Model data from the local S3 into a folder, as SageMaker puts it into /opt/ml/model."""

import io
import tarfile
from pathlib import Path, PurePosixPath
from urllib.parse import urlparse

from botocore.exceptions import ClientError

from ..own_door import client
from . import roles


class DataNotFound(Exception):
    """The data are not there, not readable with the role, or not what they are said to be. The message is AWS's."""


def fetch(container: dict, role: str | None, folder: Path) -> None:
    """Fills `folder`; leaves it empty for a container without model data."""
    url = container.get("ModelDataUrl")
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if url is not None:
        _extract(url, role, folder)
    elif source is not None and source["S3DataType"] == "S3Prefix":
        _download_prefix(source["S3Uri"], role, folder)
    elif source is not None and source["CompressionType"] == "Gzip":
        _extract(source["S3Uri"], role, folder)
    elif source is not None:
        _, key = _bucket_and_key(source["S3Uri"])
        _write(folder, PurePosixPath(key).name, _read(source["S3Uri"], role))


def require_object(uri: str, role: str | None) -> None:
    bucket, key = _bucket_and_key(uri)
    try:
        client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise DataNotFound(f"Could not find model data at {uri}.") from error
    if not _readable(bucket, key, role):
        raise DataNotFound(_no_access(uri, role))


def _download_prefix(uri: str, role: str | None, folder: Path) -> None:
    bucket, prefix = _bucket_and_key(uri)
    if role is not None and not roles.may(role, "s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix}):
        raise DataNotFound(_no_access(uri, role))
    try:
        pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    except ClientError as error:
        raise DataNotFound(_failed_download(uri)) from error
    if not keys:
        raise DataNotFound(_failed_download(uri))
    for key in keys:
        # A "folder" made in the console is an empty object; it stands for no file.
        if not key.endswith("/"):
            _write(folder, key[len(prefix) :], _read(f"s3://{bucket}/{key}", role))


def _extract(uri: str, role: str | None, folder: Path) -> None:
    data = _read(uri, role)
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            for member in archive:
                if member.isfile():
                    _write(folder, member.name, archive.extractfile(member).read())
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataNotFound(
            f'Failed to extract model data archive for container "container_1" from URL "{uri}". '
            "Please ensure that the object located at the URL is a valid tar.gz archive."
        ) from error


def _read(uri: str, role: str | None) -> bytes:
    bucket, key = _bucket_and_key(uri)
    if not _readable(bucket, key, role):
        raise DataNotFound(_no_access(uri, role))
    try:
        return client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        raise DataNotFound(_failed_download(uri)) from error


def _readable(bucket: str, key: str, role: str | None) -> bool:
    return role is None or roles.may(role, "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")


def _write(folder: Path, name: str, data: bytes) -> None:
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise DataNotFound(f'The model data hold a file outside the model directory: "{name}".')
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _bucket_and_key(uri: str) -> tuple[str, str]:
    parsed = urlparse(uri)
    return parsed.netloc, parsed.path.removeprefix("/")


def _failed_download(uri: str) -> str:
    return (
        f'Failed to download model data for container "container_1" from URL: "{uri}". Please ensure that there is an object located '
        "at the URL and that the role passed to CreateModel has permissions to download the object."
    )


def _no_access(uri: str, role: str | None) -> str:
    return (
        f'Could not access model data at {uri}. Please ensure that the role "{role}" exists and that its trust relationship policy '
        'allows the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com". Also ensure that the role has '
        '"s3:GetObject" permissions and that the object is located in this region.'
    )
