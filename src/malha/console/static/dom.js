/** Building the page from nodes. Text only ever becomes text: nothing here parses markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element. `on…` attributes are listeners, `data` is the dataset, `true` a bare attribute; null and false
 * leave it out, but `aria-…` says "true" or "false". Children are nodes, text, numbers, arrays of them, or null.
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("aria-") && value !== null) element.setAttribute(name, value);
    else if (value === null || value === undefined || value === false) continue;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** One of the symbols of the page, hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Replace an element's content. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Have screen readers say something. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Call a function at most once in `milliseconds`: now, and once more at the end if it was asked for meanwhile. */
export function throttle(milliseconds, callback) {
  let timer = null;
  let isAsked = false;
  const run = () => {
    isAsked = false;
    timer = setTimeout(() => {
      timer = null;
      if (isAsked) run();
    }, milliseconds);
    callback();
  };
  const call = () => {
    if (timer === null) run();
    else isAsked = true;
  };
  call.stop = () => {
    clearTimeout(timer);
    timer = null;
    isAsked = false;
  };
  return call;
}
