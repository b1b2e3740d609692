"""Sets a realm up as docs/operations/identity-providers.md says, by Keycloak's admin API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tools.keycloak.server import Keycloak

ADMIN_MAY = {"view": ["admin", "user"], "edit": ["admin"]}
SCOPE = "shadower"


@dataclass(frozen=True)
class Realm:
    """One realm, and a client that administers it."""

    keycloak: Keycloak
    name: str
    http: httpx.Client

    @property
    def issuer(self) -> str:
        return f"{self.keycloak.address}/realms/{self.name}"

    def discovery(self) -> dict[str, Any]:
        """What the provider publishes of itself."""
        found: dict[str, Any] = self.http.get(
            f"{self.issuer}/.well-known/openid-configuration"
        ).json()
        return found

    def admin(self, method: str, path: str, content: Any = None) -> httpx.Response:
        """Raises HTTPStatusError. The administrator's token lives a minute, so each has its own."""
        address = f"{self.keycloak.address}/admin/realms{path}"
        headers = {"authorization": f"Bearer {administrator_token(self.keycloak, self.http)}"}
        reply = self.http.request(method, address, json=content, headers=headers)
        return reply.raise_for_status()

    def get(self, path: str) -> Any:
        return self.admin("GET", f"/{self.name}{path}").json()

    def token(self, **form: str) -> dict[str, Any]:
        """As a client gets it. Raises HTTPStatusError."""
        reply = self.http.post(f"{self.issuer}/protocol/openid-connect/token", data=form)
        told: dict[str, Any] = reply.raise_for_status().json()
        return told


def administrator_token(keycloak: Keycloak, http: httpx.Client) -> str:
    form = {
        "grant_type": "password",
        "client_id": "admin-cli",
        "username": keycloak.administrator,
        "password": keycloak.password,
    }
    address = f"{keycloak.address}/realms/master/protocol/openid-connect/token"
    return str(http.post(address, data=form).raise_for_status().json()["access_token"])


def make_realm(keycloak: Keycloak, http: httpx.Client, name: str, audience: str) -> Realm:
    realm = Realm(keycloak, name, http)
    realm.admin("POST", "", {"realm": name, "enabled": True, "sslRequired": "none"})
    let_administrators_alone_edit(realm, ("workspace_ids", "role"))
    mappers = [
        audience_mapper(audience),
        attribute_mapper("workspace_ids", is_list=True),
        attribute_mapper("role", is_list=False),
    ]
    scope = {"name": SCOPE, "protocol": "openid-connect", "protocolMappers": mappers}
    realm.admin("POST", f"/{name}/client-scopes", scope)
    return realm


def let_administrators_alone_edit(realm: Realm, names: Sequence[str]) -> None:
    """Attributes of the user profile."""
    profile = realm.get("/users/profile")
    profile["attributes"] += [
        {"name": name, "permissions": ADMIN_MAY, "multivalued": name.endswith("s")}
        for name in names
    ]
    realm.admin("PUT", f"/{realm.name}/users/profile", profile)


def audience_mapper(audience: str) -> dict[str, Any]:
    config = {"included.custom.audience": audience, "access.token.claim": "true"}
    return _mapper("audience", "oidc-audience-mapper", config)


def attribute_mapper(name: str, *, is_list: bool) -> dict[str, Any]:
    config = {
        "user.attribute": name,
        "claim.name": name,
        "jsonType.label": "String",
        "multivalued": str(is_list).lower(),
        "access.token.claim": "true",
    }
    return _mapper(name, "oidc-usermodel-attribute-mapper", config)


def _mapper(name: str, kind: str, config: Mapping[str, str]) -> dict[str, Any]:
    return {"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": config}


def make_client(realm: Realm, client_id: str, *scopes: str, secret: str = "") -> str:
    """For people who give their password, or for a program with a secret. Its id."""
    content = {
        "clientId": client_id,
        "publicClient": not secret,
        "secret": secret,
        "serviceAccountsEnabled": bool(secret),
        "directAccessGrantsEnabled": not secret,
        "standardFlowEnabled": False,
        "defaultClientScopes": ["basic", "roles", *scopes],
    }
    realm.admin("POST", f"/{realm.name}/clients", content)
    return str(realm.get(f"/clients?clientId={client_id}")[0]["id"])


def make_user(realm: Realm, name: str, attributes: Mapping[str, Sequence[str]]) -> None:
    """Whose password is the name."""
    content = {
        "username": name,
        "enabled": True,
        "email": f"{name}@example.com",
        "firstName": name,
        "lastName": name,
        "emailVerified": True,
        "attributes": attributes,
        "credentials": [{"type": "password", "value": name, "temporary": False}],
    }
    realm.admin("POST", f"/{realm.name}/users", content)


def give_program(realm: Realm, client: str, attributes: Mapping[str, Sequence[str]]) -> None:
    """What the user has that stands for a client."""
    user = realm.get(f"/clients/{client}/service-account-user")
    content = {**user, "attributes": attributes}
    realm.admin("PUT", f"/{realm.name}/users/{user['id']}", content)


def add_signing_key(realm: Realm, priority: int) -> None:
    """That signs from now on, if its priority is the highest."""
    parent = realm.get("")["id"]
    config = {"priority": [str(priority)], "algorithm": ["RS256"], "keySize": ["2048"]}
    content = {
        "name": f"rsa-{priority}",
        "providerId": "rsa-generated",
        "providerType": "org.keycloak.keys.KeyProvider",
        "parentId": parent,
        "config": config,
    }
    realm.admin("POST", f"/{realm.name}/components", content)


def remove_signing_key(realm: Realm, kid: str) -> None:
    """It is published no more."""
    [key] = [one for one in realm.get("/keys")["keys"] if one["kid"] == kid]
    realm.admin("DELETE", f"/{realm.name}/components/{key['providerId']}")
