"""AWS IoT Greengrass V2: component versions and deployments, as far as the cloud goes. No device is there to run them."""
