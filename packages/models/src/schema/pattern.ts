/**
 * A string that a regular expression matches, found by reading the expression and never by running it: the expression comes from a
 * caller, and running it could take for ever.
 * @module
 */

// Longer strings would be cut by the output limit anyway.
const longest = 65_536

class Unreadable extends Error {}

// How far a sample is made to grow towards a least length, in repetitions.
const mostGrowth = 300

/**
 * The shortest string that the reading yields, with at least `minLength` characters where the pattern can grow so far. Takes the
 * first of alternatives and skips look-around; undefined where the pattern has back references or can't be read.
 */
export function samplePattern(pattern: string, minLength = 0): string | undefined {
  try {
    let sample = new PatternReader(pattern, 0).read()
    for (let more = 1; sample.length < minLength && more <= mostGrowth; more++) sample = new PatternReader(pattern, more).read()
    return sample
  } catch {
    return undefined
  }
}

class PatternReader {
  readonly #pattern: string
  /** How often an unbounded repetition goes beyond its least count. */
  readonly #more: number
  #at = 0
  #depth = 0

  constructor(pattern: string, more: number) {
    this.#pattern = pattern
    this.#more = more
  }

  read(): string {
    const sample = this.#alternatives()
    if (this.#at < this.#pattern.length) throw new Unreadable()
    return sample
  }

  #alternatives(): string {
    if (++this.#depth > 50) throw new Unreadable()
    const first = this.#sequence()
    while (this.#take('|')) this.#sequence()
    this.#depth--
    return first
  }

  #sequence(): string {
    let sample = ''
    while (this.#at < this.#pattern.length && !this.#sees('|') && !this.#sees(')')) {
      const atom = this.#atom()
      sample += atom.repeat(Math.min(this.#count(), atom === '' ? 0 : longest / atom.length))
      if (sample.length > longest) throw new Unreadable()
    }
    return sample
  }

  #atom(): string {
    const sign = this.#next()
    if (sign === '(') return this.#group()
    if (sign === '[') return this.#set()
    if (sign === '\\') return this.#escape()
    if (sign === '^' || sign === '$') return ''
    if (sign === '*' || sign === '+' || sign === '?') throw new Unreadable()
    return sign === '.' ? 'a' : sign
  }

  #group(): string {
    const around = this.#take('?=') || this.#take('?!') || this.#take('?<=') || this.#take('?<!')
    if (!around && !this.#take('?:') && this.#take('?<')) while (this.#next() !== '>');
    const sample = this.#alternatives()
    if (!this.#take(')')) throw new Unreadable()
    return around ? '' : sample
  }

  #escape(): string {
    const sign = this.#next()
    if (/[1-9k]/.test(sign)) throw new Unreadable()
    if (sign === 'x' || sign === 'u') return this.#codePoint(sign === 'x' ? 2 : 4)
    if ((sign === 'p' || sign === 'P') && this.#take('{')) while (this.#next() !== '}');
    const samples: Readonly<Record<string, string>> = {
      d: '0',
      w: 'a',
      s: ' ',
      D: 'a',
      W: ' ',
      S: 'a',
      b: '',
      B: '',
      t: '\t',
      n: '\n',
      r: '\r',
      p: 'a',
      P: '0',
    }
    return samples[sign] ?? sign
  }

  #codePoint(digits: number): string {
    let code = ''
    if (this.#take('{')) for (let sign = this.#next(); sign !== '}'; sign = this.#next()) code += sign
    else while (code.length < digits) code += this.#next()
    return String.fromCodePoint(Number.parseInt(code, 16))
  }

  /** A member of `[…]`: a letter or digit where there is one. */
  #set(): string {
    const negated = this.#take('^')
    const ranges: [number, number][] = []
    while (!this.#take(']')) {
      const low = this.#member()
      const ranged = this.#pattern[this.#at + 1] !== ']' && this.#take('-')
      const high = ranged ? this.#member() : low
      ranges.push([low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0])
    }
    const holds = (code: number): boolean => ranges.some(([low, high]) => code >= low && code <= high)
    const usual = [...'a0A_- .x1Z~é'].find((sign) => holds(sign.codePointAt(0) ?? 0) !== negated)
    if (usual !== undefined) return usual
    const first = ranges[0]
    if (negated || first === undefined) throw new Unreadable()
    return String.fromCodePoint(first[0])
  }

  #member(): string {
    const sign = this.#next()
    return sign === '\\' ? this.#escape() || '\b' : sign
  }

  /** How often the atom before is repeated. */
  #count(): number {
    const [least, most] = this.#bounds()
    this.#take('?')
    return Math.min(least + this.#more, Math.max(least, most))
  }

  #bounds(): [least: number, most: number] {
    if (this.#take('*')) return [0, Infinity]
    if (this.#take('+')) return [1, Infinity]
    if (this.#take('?')) return [0, 0]
    const counts = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#pattern.slice(this.#at, this.#at + 24))
    if (counts === null) return [1, 1]
    this.#at += counts[0].length
    const least = Number(counts[1])
    return [least, counts[2] === undefined ? least : counts[3] === '' ? Infinity : Number(counts[3])]
  }

  #sees(sign: string): boolean {
    return this.#pattern.startsWith(sign, this.#at)
  }

  #take(sign: string): boolean {
    const taken = this.#sees(sign)
    if (taken) this.#at += sign.length
    return taken
  }

  #next(): string {
    const code = this.#pattern.codePointAt(this.#at)
    if (code === undefined) throw new Unreadable()
    const sign = String.fromCodePoint(code)
    this.#at += sign.length
    return sign
  }
}
