// Marks the words of a prompt that the model never saw, and those that it has no room for, in a list
// below it, as they are typed.

import { unknownWords, wordsLeftOut } from "./tokenizer.js";

/** Watches a text field; the list is the element that describes it. */
export function watchWords(field, vocabulary, signal) {
  const list = document.getElementById(field.getAttribute("aria-describedby"));
  const show = () => {
    const unknown = unknownWords(field.value, vocabulary);
    const late = wordsLeftOut(field.value, vocabulary);
    const told = unknown.length ? ["Not in the model's vocabulary:", ...unknown.flatMap(marked)] : [];
    const room = vocabulary.length - 2;
    const cut = late.length ? [` Left out, as the model reads ${room} pieces of words, from:`] : [];
    list.replaceChildren(...told, ...cut, ...late.slice(0, 1).flatMap(marked));
  };
  field.addEventListener("input", show, { signal });
  show();
}

function marked(word) {
  const mark = document.createElement("mark");
  mark.textContent = word;
  return [" ", mark];
}
