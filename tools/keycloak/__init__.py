"""A Keycloak of one's own: the identity provider that tokens are tried with, `make keycloak`."""
