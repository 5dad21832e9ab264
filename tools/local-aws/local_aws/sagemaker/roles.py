"""What an execution role may do: a deployment whose role cannot read its model fails here too."""

import json
from urllib.parse import unquote

from botocore.exceptions import ClientError
from ministack.core.iam_evaluator import EvalContext, _gather_role_policies, evaluate
from ministack.core.responses import get_account_id, get_region

from ..errors import validation
from ..own_door import client

_PRINCIPAL = "sagemaker.amazonaws.com"


def require_assumable(role_arn: str) -> None:
    if not _is_assumable(role_arn):
        raise validation(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal '{_PRINCIPAL}' to assume the role."
        )


def may(role_arn: str, action: str, resource: str, context: dict | None = None) -> bool:
    request = EvalContext(
        principal_arn=role_arn,
        principal_type="AssumedRole",
        principal_account=get_account_id(),
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context=context or {},
    )
    return evaluate(request, _gather_role_policies(_role_name(role_arn), get_account_id())).decision == "Allow"


def _role_name(role_arn: str) -> str:
    # A role may have a path: role/path/to/name.
    return role_arn.rsplit("/", 1)[-1]


def _is_assumable(role_arn: str) -> bool:
    try:
        role = client("iam").get_role(RoleName=_role_name(role_arn))["Role"]
    except ClientError:
        return False
    trust = role["AssumeRolePolicyDocument"]
    document = json.loads(unquote(trust)) if isinstance(trust, str) else trust
    return any(_trusts(statement) for statement in _as_list(document.get("Statement")))


def _trusts(statement: dict) -> bool:
    principal = statement.get("Principal", {})
    services = _as_list(principal.get("Service")) if isinstance(principal, dict) else [principal]
    actions = _as_list(statement.get("Action"))
    return (
        statement.get("Effect") == "Allow"
        and (_PRINCIPAL in services or "*" in services)
        and ("sts:AssumeRole" in actions or "sts:*" in actions or "*" in actions)
    )


def _as_list(value) -> list:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
