"""What a container is started by, asked by, and given at the first start."""
