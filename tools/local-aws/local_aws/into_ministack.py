"""The one place that reaches into ministack: its tables of services and of CloudFormation types."""

import sys
import types

import ministack.app as app
from ministack.core import router
from ministack.services import codebuild, lambda_svc
from ministack.services.cloudformation import provisioners, stacks

from . import builds
from .autoscaling import api as autoscaling
from .cloudformation import autoscaling_types, greengrass_types, sagemaker_types
from .function_urls import door
from .greengrass import api as greengrass
from .sagemaker import api as sagemaker

_SERVICES = {"sagemaker": sagemaker, "application-autoscaling": autoscaling, "greengrass": greengrass}
_TYPES = {
    resource_type.name: resource_type for resource_type in (*sagemaker_types.TYPES, *autoscaling_types.TYPES, *greengrass_types.TYPES)
}


def register() -> None:
    for name, api in _SERVICES.items():
        module_name = name.replace("-", "_")
        module = types.ModuleType(f"ministack.services.{module_name}")
        module.handle_request = api.handle_request
        sys.modules[module.__name__] = module
        app.SERVICE_REGISTRY[name] = {"module": module_name}
        app.SERVICE_HANDLERS[name] = api.handle_request
        # Without an entry here, the first request is looked up in every service model of botocore, which takes seconds.
        router.SERVICE_PATTERNS[name] = {"credential_scope": name}
    for name, resource_type in _TYPES.items():
        provisioners._RESOURCE_HANDLERS[name] = resource_type.handlers()
        provisioners._REPLACING_PROPERTIES[name] = resource_type.replacing
        if name != "AWS::ApplicationAutoScaling::ScalingPolicy":
            provisioners._STACK_TAG_PROPERTY[name] = ("Tags", "map" if name.startswith("AWS::GreengrassV2::") else "list")
        if resource_type.custom_name is not None:
            provisioners._CUSTOM_NAME_REPLACEMENT[name] = {"name": resource_type.custom_name}
    # Endpoints take their time, and every handler asks other services through the front door: neither may hold the event loop.
    blocks = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda resource_type: resource_type in _TYPES or blocks(resource_type)
    lambda_svc.handle_function_url_request = door.handle
    codebuild.EXECUTE_BUILDS = True
    codebuild._execute_build = builds.execute
