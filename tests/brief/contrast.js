// Texts of a page, outside its pictures, that do not stand out from their ground (WCAG 2.2 AA).
() => {
  const lum = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
                     return .2126 * r + .7152 * g + .0722 * b; };
  const parse = s => { const m = s.match(/[\d.]+/g); return m ? m.map(Number) : [0, 0, 0, 0]; };
  const over = (top, under) => { const a = top[3] === undefined ? 1 : top[3];
                                 return [0, 1, 2].map(k => top[k] * a + under[k] * (1 - a)); };
  const ground = e => { const chain = []; for (let n = e; n; n = n.parentElement) chain.unshift(n);
                        return chain.reduce((c, n) => over(parse(getComputedStyle(n).backgroundColor), c), [255, 255, 255]); };
  const wrong = [];
  document.querySelectorAll("body *").forEach(e => {
    if (e.closest("svg") || e.closest("option")) return;
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (!own || !box.width || style.visibility === "hidden" || style.display === "none") return;
    const back = ground(e), text = over(parse(style.color), back);
    const [hi, lo] = [lum(text), lum(back)].sort((a, b) => b - a), ratio = (hi + .05) / (lo + .05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) wrong.push([e.tagName, e.className, e.textContent.slice(0, 30), ratio.toFixed(2)]);
  });
  return wrong;
}
