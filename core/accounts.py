"""Staff accounts and their passwords.

Passwords are kept as argon2id hashes (OWASP ASVS 5.0, 6.2 and appendix C). Hashing takes tens of milliseconds and
megabytes, so it runs in a small pool of its own; an unknown name costs the same time as a wrong password.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import argon2
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from core.clock import Clock
from core.database import Database, UtcDateTime, insert_ignoring, metadata
from core.errors import Conflict, InvalidInput, NotAuthorised, NotFound
from core.ids import new_id

ROLES = ("staff", "interpreter", "admin")
PASSWORD_MIN = 8  # characters; ASVS 6.2.1
PASSWORD_MAX = 200

accounts_table = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(60), nullable=False, unique=True),
    sa.Column("role", sa.String(12), nullable=False),
    sa.Column("display_name", sa.String(60), nullable=False),
    sa.Column("department", sa.String(40), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may log in."""

    id: str
    name: str
    role: str  # one of ROLES
    display_name: str
    department: str  # id of a department, empty for none


class Accounts:
    """Adding, finding and checking accounts."""

    def __init__(
        self, database: Database, clock: Clock, *, hasher: argon2.PasswordHasher | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._hasher = hasher or argon2.PasswordHasher()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")
        self._nobody: str | None = None

    def close(self) -> None:
        """End the hashing threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def add(
        self, name: str, password: str, *, role: str, display_name: str = "", department: str = ""
    ) -> Account:
        """Add an account. Raises InvalidInput for an unknown role or a weak password, Conflict for a taken name."""
        if role not in ROLES:
            raise InvalidInput(f"The role must be one of {', '.join(ROLES)}, not “{role}”.")
        if not name.strip() or len(name) > 60:
            raise InvalidInput("A name has 1 to 60 characters.")
        account = Account(
            id=new_id(),
            name=name.strip(),
            role=role,
            display_name=display_name or name,
            department=department,
        )
        values = {
            "id": account.id,
            "name": account.name,
            "role": role,
            "display_name": account.display_name,
            "department": department,
            "password_hash": await self._hash(password),
            "created_at": self._clock.now(),
        }
        async with self._database.write() as connection:
            result = await connection.execute(insert_ignoring(connection, accounts_table).values(**values))
            if not result.rowcount:
                raise Conflict(
                    f"There is an account named “{name}” already; use `users passwd` to change its password."
                )
        return account

    async def change_password(self, name: str, password: str) -> Account:
        """Give the account a new password. Its sessions go on until `core.web.sessions.end_sessions` ends them.
        Raises NotFound."""
        hashed = await self._hash(password)
        async with self._database.write() as connection:
            row = (
                await connection.execute(
                    accounts_table.update()
                    .where(accounts_table.c.name == name)
                    .values(password_hash=hashed)
                    .returning(accounts_table)
                )
            ).one_or_none()
            if row is None:
                raise NotFound(f"There is no account named “{name}”.")
        return _account(row)

    async def check(self, name: str, password: str) -> Account:
        """The account, if the password is right. Raises NotAuthorised, without saying which of the two was wrong."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(sa.select(accounts_table).where(accounts_table.c.name == name))
            ).one_or_none()
        stored = row.password_hash if row else await self._hash_of_nobody()
        right = await asyncio.get_running_loop().run_in_executor(
            self._pool, self._verify, stored, password[:PASSWORD_MAX]
        )
        if row is None or not right or len(password) > PASSWORD_MAX:
            raise NotAuthorised("The name or the password is not right.")
        return _account(row)

    async def get(self, account_id: str) -> Account | None:
        """The account with this id."""
        async with self._database.read() as connection:
            return await find_account(connection, account_id)

    async def list(self) -> list[Account]:
        """All accounts by name."""
        async with self._database.read() as connection:
            rows = await connection.execute(sa.select(accounts_table).order_by(accounts_table.c.name))
            return [_account(row) for row in rows]

    async def _hash(self, password: str) -> str:
        if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
            raise InvalidInput(f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    async def _hash_of_nobody(self) -> str:
        if self._nobody is None:
            self._nobody = await self._hash(new_id())
        return self._nobody

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except argon2.exceptions.VerificationError:
            return False


async def find_account(connection: AsyncConnection, account_id: str) -> Account | None:
    """The account with this id, within the caller's transaction."""
    row = (
        await connection.execute(sa.select(accounts_table).where(accounts_table.c.id == account_id))
    ).one_or_none()
    return _account(row) if row else None


def _account(row: sa.Row[tuple[str, ...]]) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        role=row.role,
        display_name=row.display_name,
        department=row.department,
    )
