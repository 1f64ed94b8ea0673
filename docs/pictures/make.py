"""Take the pictures of the chat, the counters and disaster mode again, from a demo that has just started.

    madoguchi demo
    python docs/pictures/make.py http://127.0.0.1:8080 http://127.0.0.1:8081

It starts disaster mode in the demo, so give it a fresh one. Wants Chromium and fonts for the languages shown.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import aiohttp
from PIL import Image
from playwright.async_api import Page, async_playwright

from config.demo.phone import Phone
from config.demo.stage import PASSWORD

HERE = Path(__file__).parent
SIZE = {"width": 1280, "height": 800}
COLOURS = 128  # of a palette: the files stay small
CHECK_INS_S = 25.0


async def main(service: str, simulator: str) -> None:
    """All three pictures."""
    async with async_playwright() as playwright, aiohttp.ClientSession() as http:
        chromium = await playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        page = await chromium.new_page(viewport=SIZE, reduced_motion="reduce")  # type: ignore[arg-type]
        await take_form(page, http, simulator)
        await log_in(page, service)
        await page.goto(f"{service}/counters?ui=ja")
        await save(page, "counters")
        await take_disaster(page, service)
        await chromium.close()


async def take_form(page: Page, http: aiohttp.ClientSession, simulator: str) -> None:
    """Maria's phone, with a form that is being filled in."""
    maria = await Phone.of(http, simulator, "Maria Souza")
    await maria.join()
    await maria.play(
        [
            {"say": "marcar lixo grande"},
            {"say": "sofá"},
            {"tap": ".enough"},
            {"say": "あおば市みどり町2-14-5"},
            {"tap": "area:midori"},
            {"tap": "date:20"},
            {"tap": "spot:house"},
            {"say": "090-0000-4321"},
        ]
    )
    await page.goto(f"{simulator}/simulator?ui=en")
    await page.get_by_role("button", name="Maria Souza").first.click()
    await page.wait_for_timeout(1500)
    await save(page, "form")


async def log_in(page: Page, service: str) -> None:
    await page.goto(f"{service}/login?ui=ja")
    await page.fill("#name", "tanaka")
    await page.fill("#password", PASSWORD)
    await page.click("main button[type=submit]")


async def take_disaster(page: Page, service: str) -> None:
    """Start disaster mode, open two shelters, wait for the neighbourhood."""
    await page.goto(f"{service}/disaster?ui=ja")
    await page.get_by_text("開始する…").click()
    await page.get_by_label("地震").check()
    await page.get_by_role("button", name="災害モードを開始する").click()
    for shelter, state in (
        ("midori-elementary", "open"),
        ("citizens-gym", "open"),
        ("aoba-elementary", "full"),
    ):
        await page.goto(f"{service}/disaster/shelters?ui=ja")
        await page.select_option(f"#state-{shelter}", state)
        await page.locator(f"#{shelter} button[type=submit]").click()
    await page.wait_for_timeout(CHECK_INS_S * 1000)
    await page.set_viewport_size({**SIZE, "height": 1000})  # type: ignore[typeddict-item]
    await page.goto(f"{service}/disaster?ui=ja")
    await save(page, "disaster")


async def save(page: Page, name: str) -> None:
    file = HERE / f"{name}.png"
    await page.screenshot(path=file)
    Image.open(file).convert("RGB").quantize(COLOURS).save(file, optimize=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
