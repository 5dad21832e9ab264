"""SageMaker and Application Auto Scaling for ministack: a local AWS that `cdk deploy` can deploy endpoints to."""
