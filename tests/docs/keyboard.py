"""Walks through a page with the Tab key, as whoever has no mouse does."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

MOST = 600  # presses of Tab; more stops than any page has
# Numbers every control that is seen and works. A group of radio buttons is one stop of Tab.
NUMBER = """(element) => {
    document.querySelectorAll("[data-stop]").forEach((old) => { delete old.dataset.stop; });
    const root = document.querySelector(element);
    const native = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    let count = 0;
    const groups = new Set();
    for (const one of root.querySelectorAll(native)) {
        const seen = one.checkVisibility({visibilityProperty: true, opacityProperty: false});
        if (!seen || one.disabled || one.tabIndex < 0 || one.type === "hidden") continue;
        if (one.type === "radio") {
            if (groups.has(one.name)) continue;
            groups.add(one.name);
            (root.querySelector(`input[name="${one.name}"]:checked`) ?? one).dataset.stop = count;
        } else one.dataset.stop = count;
        count += 1;
    }
    return count;
}"""
# Puts the reader back at the top, wherever a click left the focus.
START = """() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
}"""
# What has the focus, and whether a reader can see that it has: a ring around it, or a look that
# differs from the look without focus. An input that is not seen is judged by what stands for it.
FOCUSED = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    for (const moving of document.getAnimations()) moving.finish();
    const box = one.getBoundingClientRect();
    const seen = box.width > 1 && box.height > 1 && getComputedStyle(one).opacity !== "0";
    const parts = [seen ? one : one.nextElementSibling, ...(one.labels ?? []), one.parentElement];
    const ring = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    const look = () => parts.filter(Boolean).map((part) => {
        const style = getComputedStyle(part);
        return [ring(style) && style.outline, style.boxShadow, style.backgroundColor, style.color,
            style.borderColor, style.textDecorationLine, style.display].join();
    }).join();
    if (seen && (box.right <= 0 || box.left >= innerWidth))
        return {stop: one.dataset.stop ?? null, shown: false, words: one.outerHTML.slice(0, 120)};
    let shown = seen && ring(getComputedStyle(one));
    if (!shown) {
        const before = look();
        one.blur();
        shown = look() !== before;
        one.focus({focusVisible: true});
    }
    return {stop: one.dataset.stop ?? null, shown, words: one.outerHTML.slice(0, 120)};
}"""


def walk(page: Page, element: str, most: int = MOST) -> tuple[int, list[dict[str, Any]]]:
    """Presses Tab from the page's first stop to its last; returns the controls and the stops."""
    controls = page.evaluate(NUMBER, element)
    page.evaluate(START)
    stops: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            return controls, stops
        stops.append(stop)
    raise AssertionError(f"Tab never left the page: {stops[-1]['words']}")


def check(page: Page, element: str, most: int = MOST) -> None:
    """Demands that a walk reaches every control of an element once, in order, and shows each."""
    controls, stops = walk(page, element, most)
    assert controls > 0
    inside = [stop for stop in stops if stop["stop"] is not None]
    assert [stop["stop"] for stop in inside] == [str(number) for number in range(controls)]
    assert [stop["words"] for stop in stops if not stop["shown"]] == []
