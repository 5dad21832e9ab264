"""What the stack engine needs to know of a resource type."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ministack.services.cloudformation import provisioners

from ..errors import AwsError

MAX_NAME = 63


@dataclass(frozen=True)
class ResourceType:
    name: str
    create: Callable[[str, dict, str], tuple[str, dict]]
    """Logical id, properties, stack name; answers physical id and attributes."""
    update: Callable[[str, dict, dict, str], tuple[str, dict]]
    """Physical id, old and new properties, stack name."""
    delete: Callable[[str, dict], None]
    """Physical id and properties."""
    replacing: tuple[str, ...] = field(default=())
    """Properties whose change makes a new resource: createOnlyProperties of the type's schema."""
    custom_name: str | None = None
    """The property that names the resource, when a template may set it."""

    def handlers(self) -> dict:
        service = self.name.split("::")[1]
        functions = {"create": self.create, "update": self.update, "delete": self.delete}
        return {verb: _worded(function, service) for verb, function in functions.items()}


def physical_name(properties: dict, key: str, stack_name: str, logical_id: str) -> str:
    """The name that the template gives, else one made of stack and logical id as CloudFormation makes them."""
    return properties.get(key) or provisioners._physical_name(stack_name, logical_id, max_len=MAX_NAME)


def _worded(function, service: str):
    """A service's refusal as CloudFormation passes it on."""

    def call(*args):
        try:
            return function(*args)
        except AwsError as error:
            raise ValueError(
                f'Resource handler returned message: "{error.message} (Service: {service}, Status Code: {error.status}, '
                f'Error Code: {error.code})"'
            ) from error

    return call
