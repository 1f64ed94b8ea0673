from tests.core.page_browser import ARGUMENTS
import random
from bot.disaster.broadcasts import Target
from tests.bot.conftest import PASSWORD
async def test_shots(hall):
    from playwright.async_api import async_playwright
    o=hall.office
    await o.log_in("mori")
    await hall.start("earthquake",("chuo","minato"))
    for s,st in (("citizens-gym","open"),("minami-elementary","full"),("aoba-elementary","open")):
        await hall.parts.desk.set_shelter(hall.account,s,state=st,crowding="some",supplies={"water":True,"wifi":False},version=0)
    c=random.Random(2)
    for n in range(14):
        u=await o.resident(["Kim","Lee","Nguyen","Carlos"][n%4]+str(n),["ko","vi","pt-BR","en"][n%4])
        await hall.press_all("safe:help" if n%5==0 else "safe:safe",f"consent:share:{'help' if n%5==0 else 'safe'}",user=u)
        if n%3: 
            await hall.press_all("place:home",user=u); await o.send("location",user=u,latitude=35.586+c.random()*0.03,longitude=139.484+c.random()*0.03,title="",address=""); await o.work()
        else: await hall.press_all("place:shelter","shelter:citizens-gym",user=u)
        await hall.press_all("people:3","children:3:1","elderly:3:1:0","needs:medicine","needs:enough",user=u)
    n1=await hall.parts.notices.draft_template(hall.account,"shelter_open",{"shelter":"citizens-gym"},Target())
    v=(await hall.parts.notices.open(n1)).notice.version
    await hall.parts.notices.send(hall.account,n1,version=v); await hall.work()
    n2=await hall.parts.notices.draft_sentence(hall.account,"11月25日10時から市民体育館で毛布を配ります。",Target()); await hall.work()
    async with async_playwright() as p:
        b=await p.chromium.launch(executable_path="/usr/bin/chromium",args=ARGUMENTS)
        for w in (1280,390):
            page=await b.new_page(viewport={"width":w,"height":900})
            errs=[]; page.on("console",lambda m:errs.append(m.text) if m.type=="error" else None)
            await page.goto(o.url("/login")); await page.fill("[name=name]","mori"); await page.fill("[name=password]",PASSWORD); await page.click("main button[type=submit]")
            for name,path in (("situation","/disaster?ui=ja"),("shelters","/disaster/shelters"),("new","/disaster/notices/new"),("tpl","/disaster/notices/new?template=water_supply"),("draft",f"/disaster/notices/{n2}"),("sent",f"/disaster/notices/{n1}?ui=en")):
                await page.goto(o.url(path)); await page.screenshot(path=f"/tmp/i5/dshots/{name}-{w}.png",full_page=True)
                over=await page.evaluate("document.documentElement.scrollWidth-innerWidth"); print(name,w,"overflow",over)
            print(errs); await page.close()
        await b.close()
