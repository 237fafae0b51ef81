// What a form cannot be drawn with, in a line of the page: the browser's own bubble would take the
// focus from whoever types elsewhere, and cannot point at a field that is folded away.

/** Returns which field is wrong and why, or nothing; a fold that hides it opens. */
export function refused(form) {
  const wrong = form.querySelector("input:invalid");
  if (!wrong) return "";
  wrong.closest("details")?.setAttribute("open", "");
  const { textContent: label } = wrong.closest("label").querySelector("span");
  return `${label}: ${wrong.validationMessage}`;
}
