"""Component versions: made once from a recipe, whose files must be there."""

import base64
import json
import re
from datetime import datetime, timezone
from urllib.parse import urlparse

from botocore.exceptions import ClientError
from ministack.core.responses import AccountRegionScopedDict

from ..arns import arn
from ..errors import AwsError, validation
from ..own_door import client

_versions = AccountRegionScopedDict()

_NAME = re.compile(r"[a-zA-Z0-9-_.]{1,128}")
_VERSION = re.compile(r"\d{1,6}\.\d{1,6}\.\d{1,6}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_FORMAT = "2020-01-25"
_STEPS = {"bootstrap", "install", "startup", "run", "shutdown", "recover", "uninstall", "setenv"}
_PERMISSIONS = {"NONE", "OWNER", "ALL"}


def create(request: dict) -> dict:
    if (request.get("inlineRecipe") is None) == (request.get("lambdaFunction") is None):
        raise validation("Exactly one of inlineRecipe and lambdaFunction must be given.")
    if request.get("inlineRecipe") is None:
        raise validation("The local AWS makes components of recipes only.")
    recipe = _parsed(base64.b64decode(request["inlineRecipe"]).decode())
    return create_from(recipe, request.get("tags", {}))


def create_from(recipe: dict, tags: dict) -> dict:
    _check(recipe)
    name, version = recipe["ComponentName"], recipe["ComponentVersion"]
    if find(name, version) is not None:
        raise AwsError("ConflictException", f"Component [{name} : {version}] for account already exists with state: [DEPLOYABLE]", 409)
    for artifact in _artifacts(recipe):
        _require_readable(artifact["URI"])
    record = {
        "arn": version_arn(name, version),
        "componentName": name,
        "componentVersion": version,
        "creationTimestamp": datetime.now(timezone.utc),
        "status": {"componentState": "DEPLOYABLE", "message": "NONE", "errors": {}},
        "recipe": recipe,
        "tags": tags,
    }
    _versions[f"{name} {version}"] = record
    return {key: record[key] for key in ("arn", "componentName", "componentVersion", "creationTimestamp", "status")}


def describe(request: dict) -> dict:
    record = _get(request["arn"])
    recipe = record["recipe"]
    return {
        **{key: value for key, value in record.items() if key != "recipe"},
        "publisher": recipe.get("ComponentPublisher", ""),
        "description": recipe.get("ComponentDescription", ""),
        "platforms": [{"attributes": manifest.get("Platform", {})} for manifest in recipe.get("Manifests", [])],
    }


def get(request: dict) -> dict:
    record = _get(request["arn"])
    recipe = base64.b64encode(json.dumps(record["recipe"]).encode()).decode()
    return {"recipeOutputFormat": "JSON", "recipe": recipe, "tags": record["tags"]}


def list_components(_request: dict) -> dict:
    return {
        "components": [
            {
                "arn": record["arn"].rsplit(":versions:", 1)[0],
                "componentName": record["componentName"],
                "latestVersion": {key: record[key] for key in ("arn", "componentVersion", "creationTimestamp")},
            }
            for record in _versions.values()
        ]
    }


def delete(request: dict) -> None:
    record = _get(request["arn"])
    del _versions[f"{record['componentName']} {record['componentVersion']}"]


def find(name: str, version: str) -> dict | None:
    return _versions.get(f"{name} {version}")


def version_arn(name: str, version: str) -> str:
    return arn("greengrass", f"components:{name}:versions:{version}")


def _get(wanted: str) -> dict:
    found = next((record for record in _versions.values() if record["arn"] == wanted), None)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Resource not found: {wanted}", 404)
    return found


def _parsed(text: str) -> dict:
    try:
        recipe = json.loads(text)
    except ValueError as error:
        raise validation(f"Component recipe is not JSON; the local AWS reads no YAML: {error}") from error
    if not isinstance(recipe, dict):
        raise validation("Component recipe is not an object.")
    return recipe


def _check(recipe: dict) -> None:
    """Source: AWS IoT Greengrass developer guide, "Component recipe reference"; aws-greengrass-component-common."""
    if recipe.get("RecipeFormatVersion") != _FORMAT:
        raise validation(f"RecipeFormatVersion must be {_FORMAT}.")
    if not _NAME.fullmatch(str(recipe.get("ComponentName", ""))):
        raise validation(f"ComponentName {recipe.get('ComponentName')!r} must satisfy {_NAME.pattern}")
    version = str(recipe.get("ComponentVersion", ""))
    if len(version) > 64 or not _VERSION.fullmatch(version):
        raise validation(f"ComponentVersion {version!r} is not a semantic version.")
    for manifest in recipe.get("Manifests", []):
        unknown = set(manifest.get("Lifecycle", {})) - _STEPS
        if unknown:
            raise validation(f"Lifecycle has unknown steps: {', '.join(sorted(unknown))}")
    for artifact in _artifacts(recipe):
        permission = artifact.get("Permission", {})
        if any(value not in _PERMISSIONS for value in permission.values()):
            raise validation(f"Permission of {artifact.get('URI')} must be one of NONE, OWNER, ALL.")


def _artifacts(recipe: dict) -> list[dict]:
    return [artifact for manifest in recipe.get("Manifests", []) for artifact in manifest.get("Artifacts", [])]


def _require_readable(uri: str) -> None:
    parsed = urlparse(uri)
    try:
        client("s3").head_object(Bucket=parsed.netloc, Key=parsed.path.removeprefix("/"))
    except ClientError as error:
        message = f"The specified artifact resource cannot be accessed: {uri}. Verify that the object exists and can be read."
        raise validation(message) from error
