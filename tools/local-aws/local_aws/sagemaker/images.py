"""What an image's name tells of the container."""

import re

from ..errors import validation

_ECR = re.compile(r"\d{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|api\.aws)/\S+")


def require_reachable(container: dict) -> None:
    image = container.get("Image")
    access = container.get("ImageConfig", {}).get("RepositoryAccessMode", "Platform")
    if image is not None and access == "Platform" and not _ECR.fullmatch(image):
        raise validation(f'Using non-ECR image "{image}" without Vpc repository access mode is not supported.')


def takes_inputs(image: str) -> bool:
    """AWS's llama.cpp images pass every invocation to /v1/chat/completions; LMI's and the others' take {"inputs": …} as well."""
    repository = image.split("/", 1)[-1].split(":")[0].split("@")[0]
    return repository not in ("llama-cpp", "llama-cpp-arm64")
