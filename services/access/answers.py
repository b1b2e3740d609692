"""From the warehouse's records of who may come in to the contract's."""

from shadower.access.v1.api_key_pb2 import ApiKey, ApiKeySecret
from shadower.access.v1.revoked_token_pb2 import RevokedToken
from shadower.common.v1 import permission_pb2

from services.access.secrets import PREFIX
from services.runtime.contract import permission_name
from services.runtime.times import optional_timestamp, to_timestamp
from services.warehouse.access.api_keys import ApiKey as KeptKey
from services.warehouse.access.revocations import RevokedToken as KeptToken

PERMISSIONS = {permission_name(one): one for one in permission_pb2.Permission.values() if one}


def revoked_token(known: KeptToken) -> RevokedToken:
    return RevokedToken(
        token_id=known.token_id,
        reason=known.reason,
        revoked_by=known.revoked_by,
        revoke_time=to_timestamp(known.revoked_at),
        keep_until=to_timestamp(known.kept_until),
    )


def api_key(known: KeptKey) -> ApiKey:
    return ApiKey(
        api_key_id=known.api_key_id,
        display_name=known.display_name,
        prefix=PREFIX + known.api_key_id,
        permissions=[PERMISSIONS[name] for name in known.permissions if name in PERMISSIONS],
        created_by=known.created_by,
        create_time=to_timestamp(known.created_at),
        expire_time=optional_timestamp(known.expires_at),
        last_use_time=optional_timestamp(known.last_used_at),
        secrets=[
            ApiKeySecret(
                create_time=to_timestamp(one.created_at),
                good_until=optional_timestamp(one.good_until),
            )
            for one in known.secrets
        ],
    )
