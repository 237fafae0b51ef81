// Marks the words of a prompt that the model never saw, in a list below it, as they are typed.

import { unknownWords } from "./tokenizer.js";

/** Watches a text field; the list is the element that describes it. */
export function watchWords(field, vocabulary, signal) {
  const list = document.getElementById(field.getAttribute("aria-describedby"));
  const show = () => {
    const unknown = unknownWords(field.value, vocabulary);
    const marked = unknown.flatMap((word) => {
      const mark = document.createElement("mark");
      mark.textContent = word;
      return [" ", mark];
    });
    list.replaceChildren(...(unknown.length ? ["Not in the model's vocabulary:", ...marked] : []));
  };
  field.addEventListener("input", show, { signal });
  show();
}
