// A picture is a link: its settings stand in the address behind "#draw?". What comes from there is
// a stranger's: a form's own limits judge it, and a value that they refuse changes nothing.

const MARK = "#draw?";

/** Returns the settings named in an address as [name, text] pairs, or null where it names none. */
export function read(hash) {
  return hash.startsWith(MARK) ? [...new URLSearchParams(hash.slice(MARK.length))] : null;
}

/** Writes settings as the part of an address that `read` reads. */
export function write(settings) {
  return MARK + new URLSearchParams(Object.entries(settings)).toString();
}

/** Returns a form's settings: numbers as numbers, all else as text. */
export function settingsOf(form) {
  const asNumber = (name) => /^(number|range)$/.test(form.elements.namedItem(name).type);
  const fields = [...new FormData(form)];
  return Object.fromEntries(fields.map(([name, v]) => [name, asNumber(name) ? Number(v) : v]));
}

/** Puts [name, text] pairs into a form, and returns the names of those that it refused. */
export function fill(form, settings) {
  return settings
    .filter(([name, value]) => !put(form.elements.namedItem(name), String(value)))
    .map(([name]) => name);
}

function put(field, value) {
  if (!field?.name && !(field instanceof RadioNodeList)) return false;
  const before = field.value;
  field.value = value;
  // An input mends what it cannot hold: a range clamps, a list of choices forgets.
  const numeric = /^(number|range)$/.test(field.type);
  const same = numeric ? Number(field.value) === Number(value) : field.value === value;
  const whole = value !== "" || !numeric;
  const short = !(field.maxLength >= 0 && value.length > field.maxLength);
  const open = !field.selectedOptions?.[0]?.disabled;
  if (same && whole && short && open && (field.validity?.valid ?? true)) return true;
  field.value = before;
  return false;
}
