"""The example `chat-from-hub`, in Python."""

import os

from aws_cdk import App, CfnOutput, Environment, Stack
from cdk_quantized_endpoints import InstanceType, ModelSource, QuantizedEndpoint, Workload
from constructs import Construct


class Chat(Stack):
    """A chat model that is quantized already, from the Hugging Face hub.

    What is known of it lies in `quantized-endpoints.lock.json`, which `qe models add Qwen/Qwen2.5-7B-Instruct-AWQ` writes.
    """

    def __init__(self, scope: Construct, id: str, **kwargs) -> None:
        super().__init__(scope, id, **kwargs)

        endpoint = QuantizedEndpoint(
            self,
            "Chat",
            model=ModelSource.hugging_face(
                "Qwen/Qwen2.5-7B-Instruct-AWQ",
                revision="b25037543e9394b818fdfca67ab2a00ecc7dd641",
            ),
            instance_type=InstanceType.G6_2_XLARGE,
            max_model_len=16_384,
            workload=Workload(input_tokens=1_024, output_tokens=256),
            max_monthly_cost=1_000,
        )
        CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)


app = App()
Chat(
    app,
    "Chat",
    env=Environment(
        account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
        region=os.environ.get("CDK_DEFAULT_REGION", "us-east-1"),
    ),
)
app.synth()
