"""The CloudFormation types of SageMaker hosting and Application Auto Scaling."""
