// The numbers of torch.Generator("cpu").manual_seed(seed) and torch.randn: a seed here is the seed
// there. MT19937 (Matsumoto and Nishimura 1998) gives 24-bit fractions; Box and Muller's transform
// (1958) makes them normal in blocks of 16, as ATen's normal_fill does.

const SIZE = 624;
const MIDDLE = 397;
const BLOCK = 16;

export class Generator {
  /** Seeds as torch does: the seed's low 32 bits. */
  constructor(seed) {
    this.state = new Uint32Array(SIZE);
    this.state[0] = seed % 2 ** 32;
    for (let i = 1; i < SIZE; i++) {
      const last = this.state[i - 1] ^ (this.state[i - 1] >>> 30);
      this.state[i] = Math.imul(1812433253, last) + i;
    }
    this.at = SIZE;
  }

  /** Returns the next 32 bits. */
  bits() {
    if (this.at === SIZE) this.twist();
    let y = this.state[this.at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  twist() {
    const s = this.state;
    for (let i = 0; i < SIZE; i++) {
      const y = (s[i] & 0x80000000) | (s[(i + 1) % SIZE] & 0x7fffffff);
      s[i] = s[(i + MIDDLE) % SIZE] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.at = 0;
  }

  /** Returns torch.randn(size), for a size of 16 or more. */
  normal(size) {
    if (size < BLOCK) throw new RangeError(`normal: expected a size of 16 or more, got ${size}`);
    const values = new Float32Array(size);
    const fill = (from, to) => {
      for (let i = from; i < to; i++) values[i] = (this.bits() & 0xffffff) / 2 ** 24;
    };
    fill(0, size);
    for (let i = 0; i + BLOCK <= size; i += BLOCK) transform(values, i);
    if (size % BLOCK) {
      // What is left over shares a block with the end of the last one, drawn anew.
      fill(size - BLOCK, size);
      transform(values, size - BLOCK);
    }
    return values;
  }
}

// ATen computes in single precision and rounds after each operation, so this rounds where it does:
// five numbers of six are the same to the last bit, and the others' sines and logarithms are not.
const { fround } = Math;
const TURN = fround(2 * Math.PI);

function transform(values, from) {
  for (let i = from; i < from + BLOCK / 2; i++) {
    const radius = fround(Math.sqrt(-2 * fround(Math.log(1 - values[i]))));
    const angle = fround(TURN * values[i + BLOCK / 2]);
    values[i] = radius * fround(Math.cos(angle));
    values[i + BLOCK / 2] = radius * fround(Math.sin(angle));
  }
}
