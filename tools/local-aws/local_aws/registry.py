"""Named resources of one kind, by account and region."""

import threading
from datetime import datetime, timezone

from ministack.core.responses import AccountRegionScopedDict

from .arns import arn
from .errors import AwsError, validation


class Registry:
    def __init__(self, service: str, kind: str, resource: str, name_key: str, missing=validation):
        """`kind`: the words of AWS's messages; `resource`: the word in the ARN; `missing`: the error of a name that is not there."""
        self.service = service
        self.kind = kind
        self.resource = resource
        self.name_key = name_key
        self.missing = missing
        self.lock = threading.RLock()
        self._records = AccountRegionScopedDict()

    def arn(self, name: str) -> str:
        # SageMaker writes names in its ARNs in lower case.
        return arn(self.service, f"{self.resource}/{name.lower()}")

    def add(self, name: str, record: dict) -> dict:
        with self.lock:
            if name in self._records:
                raise validation(f'Cannot create already existing {self.kind} "{self.arn(name)}".')
            now = datetime.now(timezone.utc)
            self._records[name] = {self.name_key: name, "CreationTime": now, "LastModifiedTime": now, **record}
            return self._records[name]

    def find(self, name: str) -> dict | None:
        return self._records.get(name)

    def get(self, name: str) -> dict:
        record = self._records.get(name)
        if record is None:
            raise self.missing(f'Could not find {self.kind} "{self.arn(name)}".')
        return record

    def by_arn(self, wanted: str) -> dict | None:
        return next((r for r in self.all() if self.arn(r[self.name_key]) == wanted), None)

    def remove(self, name: str) -> dict:
        with self.lock:
            record = self.get(name)
            del self._records[name]
            return record

    def all(self) -> list[dict]:
        return list(self._records.values())


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFound", message)
