// Images whose makers wrote scripts into tags, package names, labels, history, paths and files: all of it is shown, none of it runs.

export async function hostile({ settings, check, tab, go, api, trouble, shot }) {
  const { images } = await api("images?limit=5000");
  const evil = images.filter((line) => ["openeuler/constructor", "javascript", "openeuler/tostring"].includes(line.repository) || line.tag === "8.0.RC1-oe2203sp1" || line.tag.startsWith("2.9.9"));

  await check(`${evil.length} hostile images: their text is shown, and nothing of it runs`, async () => {
    const before = trouble.length;
    const page = await tab();
    const problems = evil.length >= 6 ? [] : [`only ${evil.length} of them are there`];
    let shown = "";
    for (const line of evil) {
      await go(page, `#/image/${line.indexDigest}?ref=${encodeURIComponent(line.reference)}&package=`);
      await page.waitForSelector("#packages tbody tr, #packages .note");
      shown += await page.evaluate(() => document.body.innerText);
      const markup = await page.evaluate(() => document.querySelectorAll("main script, main img, main iframe, main style, main link, main object, main math, main [onerror], main [onload], main [onmouseover], main a[href^='javascript' i]").length);
      if (markup) problems.push(`${line.reference}: ${markup} elements were made of its text`);
      const elsewhere = await page.evaluate(() => [...document.querySelectorAll("main a")].map((each) => each.getAttribute("href")).filter((href) => !href.startsWith("#/")));
      if (elsewhere.length) problems.push(`links to ${elsewhere.slice(0, 3)}`);
    }
    for (const word of ["<script>alert('tag')</script>", "<img src=x onerror=alert(1)>", "javascript:alert(4)", "\\u202egnp.exe\\u202c", "&lt;script&gt;alert(11)&lt;/script&gt;", "\\u001b"])
      if (!shown.includes(word)) problems.push(`${word} is not shown as it is`);
    await shot(page, "hostile-1280");
    await page.mouse.move(300, 300);
    for (const view of ["images?q=constructor", "images?repository=openeuler%2Fconstructor", "images?registry=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "images?q=%3Cscript%3Ealert(1)%3C/script%3E", "image/%3Cscript%3E?ref=%3Cimg%20src%3Dx%3E",
      "explain?reference=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "audit/%3Cscript%3E", "diff/1/%22%3E%3Csvg", "%3Cscript%3Ealert(1)%3C/script%3E", "__proto__", "constructor", "image/__proto__", "queue?state=constructor", "images?verdict=__proto__&sort=constructor", "?trend=%3Cb%3E", "%E0%A4%A"]) {
      await go(page, `#/${view}`);
      const markup = await page.evaluate(() => document.querySelectorAll("main script, main img, main b, main svg:not(.family):not(.trend)").length);
      if (markup) problems.push(`#/${view} became markup`);
    }
    await page.waitForTimeout(200);
    await page.context().close();
    return [...problems, ...trouble.slice(before)];
  });

  await check("the policy holds even where our own code would fail", async () => {
    const page = await tab();
    await go(page, "#/");
    const before = trouble.length;
    const ran = await page.evaluate(async () => {
      const element = document.createElement("div");
      element.innerHTML = "<img src=x onerror='window.ran = 1'><svg onload='window.ran = 2'></svg><script>window.ran = 3</" + "script>";
      document.body.append(element);
      const script = document.createElement("script");
      script.textContent = "window.ran = 4";
      document.body.append(script);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return window.ran ?? 0;
    });
    const violations = trouble.splice(before); // these were provoked
    await page.context().close();
    return ran === 0 && violations.length > 0 ? [] : [`ran: ${ran}, ${violations.length} violations`];
  });
}
