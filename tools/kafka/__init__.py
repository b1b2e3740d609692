"""A real Kafka on this machine's loopback, out of Maven's jars: for tests, figures and people."""
