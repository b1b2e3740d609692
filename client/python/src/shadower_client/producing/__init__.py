"""Facts that are recorded in the background: buffered, batched, and sent until they are durable."""
