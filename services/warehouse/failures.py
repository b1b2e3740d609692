"""How a database can be away, or not be what this code works with."""

import asyncpg

UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.DeadlockDetectedError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    # Between a server's last words and the end of its connection the driver does not know itself.
    asyncpg.InternalClientError,
)

MISSING = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
    asyncpg.InvalidSchemaNameError,
)
"""Something of the schema is not there: a migration is still to come."""

NO_ROLE = (asyncpg.InvalidParameterValueError, asyncpg.UndefinedObjectError)
"""So a server refuses a connection in a role that no migration has made yet."""


def is_of_no_role(refused: Exception) -> bool:
    """Others of the same classes are about values."""
    return isinstance(refused, NO_ROLE) and "shadower_" in str(refused)
