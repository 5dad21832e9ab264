"""Application Auto Scaling: targets, policies with their alarms, scheduled actions, and the scaling of SageMaker capacity."""
