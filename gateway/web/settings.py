"""What the process that serves browsers is told by its environment."""

from pydantic import Field

from services.runtime.mesh_settings import MeshSettings


class WebSettings(MeshSettings):
    """One object per process, made by its `__main__`. It holds no database connection."""

    listen: str = "127.0.0.1:50049"
    """Address on which the process serves HTTP, as host:port or unix:/path."""

    streams_per_connection: int = Field(default=100, ge=1)
    """Most streams on one connection to a service. Peers bound it, and make those above it wait."""

    max_sockets: int = Field(default=10_000, ge=1)
    """WebSockets at once; further ones get SERVER_BUSY."""

    max_unknown_sockets: int = Field(default=500, ge=1)
    """Those of them whose owner did not send a token yet; further ones get SERVER_BUSY."""

    sockets_per_subject: int = Field(default=200, ge=1)
    """WebSockets at once of one subject of tokens; further ones get SERVER_BUSY."""

    max_subscriptions: int = Field(default=20_000, ge=1)
    """Subscriptions at once on all of them; further ones get SERVER_BUSY."""

    subscriptions_per_subject: int = Field(default=1_000, ge=1)
    """Subscriptions at once of one subject of tokens; further ones get SERVER_BUSY."""

    subscriptions_per_socket: int = Field(default=20, ge=1)
    """Subscriptions at once on one WebSocket; further ones get TOO_MANY_SUBSCRIPTIONS."""

    messages_per_second: int = Field(default=20, ge=1)
    """Messages that a WebSocket may send each second, and pings; who sends more is let go."""

    socket_message_bytes: int = Field(default=64 * 1024, ge=1024)
    """Most bytes of a message that a WebSocket may send."""

    socket_message_seconds: float = Field(default=10, gt=0)
    """A message that has begun must end within this time."""

    init_seconds: float = Field(default=10, gt=0)
    """Who opens a WebSocket without a token must send one within this time."""

    ping_seconds: float = Field(default=20, gt=0)
    """How often a WebSocket is pinged; a peer that does not answer for as long is let go."""

    graphql_request_bytes: int = Field(default=64 * 1024, ge=1024)
    """Most bytes of a GraphQL request."""

    graphql_tokens: int = Field(default=1500, ge=10)
    """Most tokens of a GraphQL document."""

    graphql_depth: int = Field(default=12, ge=1)
    """Most levels of fields of an operation."""

    graphql_aliases: int = Field(default=30, ge=0)
    """Most fields of an operation that have another name in its answer."""

    graphql_cost: int = Field(default=20_000, ge=1)
    """What an operation may cost: 100 for each call of a service that it can lead to, and 1 for
    each value that it can be answered with, as far as that can be told before."""

    graphql_items: int = Field(default=10_000, ge=1)
    """Most items of lists in an answer, whatever it was thought to cost."""

    console_client_id: str = ""
    """The console's public client at the issuer of tokens (OpenID Connect with PKCE). Empty: nobody
    signs in that way."""

    console_scope: str = "openid"
    """What the console asks the issuer for."""

    console_issuer_origins: tuple[str, ...] = ()
    """Where the issuer's endpoints are that are not where its name says, as https://tokens.example:
    the page may speak with nobody else."""

    console_token_sign_in: bool | None = None
    """Whether people may sign in by pasting a token. Unset: in development only."""

    @property
    def takes_tokens_by_hand(self) -> bool:
        if self.console_token_sign_in is None:
            return self.environment == "development"
        return self.console_token_sign_in
