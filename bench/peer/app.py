"""The peer: the same answer by FastAPI, SQLAlchemy, asyncpg and Redis, as their users write it.

Where there is a choice, it is the faster one: no models of replies, no log of accesses, few
connections, and what is cached is the reply as it is sent.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from redis.asyncio import Redis
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from bench.peer.summary import workspace_summary

CACHE_SECONDS = 300
CONNECTIONS = 4

bearer = HTTPBearer()
Token = Annotated[HTTPAuthorizationCredentials, Depends(bearer)]


def create_app() -> FastAPI:
    app = FastAPI(lifespan=_lifespan)
    app.get("/v1/workspaces/{workspace_id}/summary")(summary)
    return app


async def summary(
    workspace_id: str,
    start: Annotated[datetime, Query(alias="interval.startTime")],
    end: Annotated[datetime, Query(alias="interval.endTime")],
    token: Token,
    request: Request,
) -> Response:
    _authorise(request.app.state.key, token.credentials, workspace_id)
    redis: Redis = request.app.state.redis
    key = f"summary:{workspace_id}:{start.isoformat()}:{end.isoformat()}"
    body = await redis.get(key)
    if body is None:
        async with request.app.state.sessions() as session:
            found = await workspace_summary(session, workspace_id, (start, end))
        body = json.dumps({"summary": found}).encode()
        await redis.set(key, body, ex=CACHE_SECONDS)
    return Response(body, media_type="application/json")


def _authorise(key: jwt.PyJWK, token: str, workspace_id: str) -> None:
    try:
        claims = jwt.decode(
            token, key, ["EdDSA"], audience="shadower", issuer="https://shadower.dev"
        )
    except jwt.InvalidTokenError as invalid:
        raise HTTPException(401, "the token is not valid") from invalid
    if workspace_id not in claims["workspace_ids"]:
        raise HTTPException(403, "the token is for other workspaces")


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
    settings = {"server_settings": {"search_path": "shadower"}}
    engine = create_async_engine(url, pool_size=CONNECTIONS, max_overflow=0, connect_args=settings)
    app.state.key = _key(Path(os.environ["JWKS_FILE"]))
    app.state.sessions = async_sessionmaker(engine, class_=AsyncSession)
    app.state.redis = Redis.from_url(os.environ["REDIS_URL"])
    yield
    await app.state.redis.aclose()
    await engine.dispose()


def _key(file: Path) -> jwt.PyJWK:
    [key] = json.loads(file.read_text())["keys"]
    return jwt.PyJWK(key)
