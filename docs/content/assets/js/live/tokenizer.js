// A prompt to ids, as transformers' CLIPTokenizer does with the vocabulary of these models:
// byte-pair merges (Sennrich et al. 2016) over the bytes of each word.

const SPECIAL = /(<\|startoftext\|>|<\|endoftext\|>)/;
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

/** Returns a text's ids with start and end, cut and padded to the model's length. */
export function tokenize(text, vocabulary) {
  const { length, start, end, pad } = vocabulary;
  const ids = [start, ...pieces(text, vocabulary).flatMap(([, ids]) => ids)];
  const kept = [...ids.slice(0, length - 1), end];
  return [...kept, ...Array(length - kept.length).fill(pad)];
}

// A text's words, each with its ids, in order.
function pieces(text, vocabulary) {
  const ranks = ranked(vocabulary);
  const special = { "<|startoftext|>": vocabulary.start, "<|endoftext|>": vocabulary.end };
  return text.split(SPECIAL).flatMap((part) => {
    if (Object.hasOwn(special, part)) return [[part, [special[part]]]];
    const words = plain(part).match(WORDS) ?? [];
    return words.map((word) => [word, merged(word, vocabulary, ranks)]);
  });
}

/** Returns the words of a text that no longer fit into the model's length, from the first on. */
export function wordsLeftOut(text, vocabulary) {
  let room = vocabulary.length - 2; // start and end
  const all = pieces(text, vocabulary);
  const first = all.findIndex(([, ids]) => (room -= ids.length) < 0);
  return first < 0 ? [] : all.slice(first).map(([word]) => word);
}

/** Returns the words of a text that the model never saw, as they were typed, each once. */
export function unknownWords(text, vocabulary) {
  const known = new Set(vocabulary.words);
  const typed = text.normalize("NFC").match(/\p{L}+|\p{N}+|\p{Extended_Pictographic}/gu) ?? [];
  return [...new Set(typed)].filter((word) => !known.has(plain(word)));
}

// Code point by code point: a whole string would lower a final sigma to another letter.
function plain(text) {
  const spaced = text.normalize("NFC").replace(/\p{White_Space}+/gu, " ");
  return [...spaced].map((point) => point.toLowerCase()).join("");
}

function ranked({ merges }) {
  return new Map(merges.map(([left, right], rank) => [key(left, right), rank]));
}

const key = (left, right) => left * 65536 + right;

function merged(word, vocabulary, ranks) {
  const bytes = new TextEncoder().encode(word);
  const ids = [...bytes].map((byte) => vocabulary.bytes[byte]);
  ids[ids.length - 1] += vocabulary.end_of_word;
  for (;;) {
    const found = ids.slice(1).map((id, i) => ranks.get(key(ids[i], id)) ?? Infinity);
    const rank = Math.min(...found);
    if (rank === Infinity) return ids;
    const [left, right] = vocabulary.merges[rank];
    for (let i = 0; i < ids.length - 1; i++) {
      if (ids[i] === left && ids[i + 1] === right) ids.splice(i, 2, vocabulary.first_merge + rank);
    }
  }
}
