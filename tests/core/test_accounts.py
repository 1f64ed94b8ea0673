from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.accounts import PASSWORD_MAX, Account, Accounts, accounts_table
from core.clock import ManualClock
from core.database import Database
from core.errors import Conflict, InvalidInput, NotAuthorised, NotFound
from tests.core.conftest import PASSWORD


async def test_account_that_was_added_can_be_checked(accounts: Accounts) -> None:
    added = await accounts.add(" ito ", PASSWORD, role="staff", display_name="伊藤", department="waste")

    assert await accounts.check("ito", PASSWORD) == added
    assert added == Account(id=added.id, name="ito", role="staff", display_name="伊藤", department="waste")


async def test_name_is_shown_where_no_other_is_given(accounts: Accounts) -> None:
    assert (await accounts.add("ito", PASSWORD, role="staff")).display_name == "ito"


async def test_password_is_stored_as_an_argon2id_hash_only(accounts: Accounts, database: Database) -> None:
    await accounts.add("ito", PASSWORD, role="staff")
    await accounts.add("mori", PASSWORD, role="staff")

    async with database.read() as connection:
        hashes = (await connection.execute(sa.select(accounts_table.c.password_hash))).scalars().all()
    assert all(stored.startswith("$argon2id$") for stored in hashes)
    assert hashes[0] != hashes[1]


async def test_default_hash_is_as_strong_as_owasp_asks(database: Database, clock: ManualClock) -> None:
    import argon2

    strong = Accounts(database, clock)
    await strong.add("ito", PASSWORD, role="staff")
    strong.close()
    async with database.read() as connection:
        stored = (await connection.execute(sa.select(accounts_table.c.password_hash))).scalar_one()

    used = argon2.extract_parameters(stored)
    assert used.memory_cost >= 19_456  # KiB; OWASP ASVS 5.0, appendix C
    assert used.time_cost >= 2


@pytest.mark.parametrize(
    ("name", "password"), [("ito", "not the secret"), ("itx", PASSWORD), ("", ""), ("ITO", PASSWORD)]
)
async def test_wrong_name_or_password_is_refused_with_one_sentence(
    accounts: Accounts, name: str, password: str
) -> None:
    await accounts.add("ito", PASSWORD, role="staff")

    with pytest.raises(NotAuthorised, match=r"^The name or the password is not right\.$"):
        await accounts.check(name, password)


async def test_longest_password_counts_to_its_last_character(accounts: Accounts) -> None:
    longest = "x" * PASSWORD_MAX
    ito = await accounts.add("ito", longest, role="staff")

    assert await accounts.check("ito", longest) == ito
    for wrong in (longest[:-1], longest + "x"):
        with pytest.raises(NotAuthorised):
            await accounts.check("ito", wrong)


async def test_taken_name_is_refused_and_keeps_its_password(accounts: Accounts) -> None:
    ito = await accounts.add("ito", PASSWORD, role="staff")

    with pytest.raises(Conflict, match="There is an account named “ito” already"):
        await accounts.add("ito", "another secret", role="admin")

    assert await accounts.check("ito", PASSWORD) == ito


@pytest.mark.parametrize("password", ["", "1234567", "x" * 201])
async def test_password_too_short_or_too_long_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(InvalidInput, match="A password has 8 to 200 characters"):
        await accounts.add("ito", password, role="staff")

    assert await accounts.list() == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
async def test_name_that_is_none_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(InvalidInput, match="A name has 1 to 60 characters"):
        await accounts.add(name, PASSWORD, role="staff")


async def test_unknown_role_is_refused(accounts: Accounts) -> None:
    with pytest.raises(InvalidInput, match="staff, interpreter, admin, not “boss”"):
        await accounts.add("ito", PASSWORD, role="boss")


async def test_changed_password_replaces_the_old_one(accounts: Accounts) -> None:
    ito = await accounts.add("ito", PASSWORD, role="staff")

    assert await accounts.change_password("ito", "the new secret") == ito

    assert await accounts.check("ito", "the new secret") == ito
    with pytest.raises(NotAuthorised):
        await accounts.check("ito", PASSWORD)


async def test_password_of_nobody_cannot_be_changed(accounts: Accounts) -> None:
    with pytest.raises(NotFound, match="There is no account named “nobody”"):
        await accounts.change_password("nobody", PASSWORD)


async def test_accounts_are_listed_by_name(accounts: Accounts) -> None:
    mori = await accounts.add("mori", PASSWORD, role="interpreter")
    abe = await accounts.add("abe", PASSWORD, role="admin")

    assert await accounts.list() == [abe, mori]


async def test_account_is_found_by_its_id(accounts: Accounts) -> None:
    ito = await accounts.add("ito", PASSWORD, role="staff")

    assert await accounts.get(ito.id) == ito
    assert await accounts.get("nobody") is None
