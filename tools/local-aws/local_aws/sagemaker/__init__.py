"""SageMaker hosting: models, endpoint configurations, endpoints, inference components, and their invocation."""
