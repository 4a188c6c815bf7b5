/** Arithmetic in text, without evaluating anything else. @module */

type Token = number | string

const functions: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((total, value) => total + value, 0),
  mean: (values) => values.reduce((total, value) => total + value, 0) / values.length,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  abs: ([value = Number.NaN]) => Math.abs(value),
  sqrt: ([value = Number.NaN]) => Math.sqrt(value),
  ln: ([value = Number.NaN]) => Math.log(value),
  log10: ([value = Number.NaN]) => Math.log10(value),
  round: ([value = Number.NaN, digits = 0]) => Number(value.toFixed(Math.min(20, Math.max(0, digits)))),
}

const longest = 2_000
const deepest = 100

/** The value of an expression, or why it has none. */
export function evaluate(expression: string): number | { readonly fault: string } {
  if (expression.length > longest) return { fault: `An expression has at most ${longest} characters.` }
  try {
    const value = new Parser(tokensOf(expression)).whole()
    return Number.isFinite(value) ? value : { fault: 'That has no finite value.' }
  } catch (error) {
    return { fault: error instanceof ExpressionFault ? error.message : 'That is no arithmetic expression.' }
  }
}

class ExpressionFault extends Error {}

function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = []
  // A comma between digits groups thousands: 1,250,000.
  const pattern =
    /\s*(?:(\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(\*\*|[-+*/%^(),]))/y
  while (pattern.lastIndex < expression.trimEnd().length) {
    const at = pattern.lastIndex
    const [, number, name, operator] = pattern.exec(expression) ?? []
    if (number !== undefined) tokens.push(Number(number.replaceAll(',', '')))
    else if (name !== undefined) tokens.push(name.toLowerCase())
    else if (operator !== undefined) tokens.push(operator === '**' ? '^' : operator)
    else throw new ExpressionFault(`"${expression.slice(at, at + 10).trim()}" is not understood.`)
  }
  return tokens
}

/** Recursive descent: sums of products of powers. */
class Parser {
  readonly #tokens: readonly Token[]
  #place = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): number {
    const value = this.#sum()
    if (this.#place < this.#tokens.length) throw new ExpressionFault(`"${this.#tokens[this.#place]}" is not expected there.`)
    return value
  }

  #sum(): number {
    if (++this.#depth > deepest) throw new ExpressionFault('That is nested too deep.')
    let value = this.#product()
    for (let operator = this.#take('+', '-'); operator; operator = this.#take('+', '-')) {
      const right = this.#product()
      value = operator === '+' ? value + right : value - right
    }
    this.#depth--
    return value
  }

  #product(): number {
    let value = this.#signed()
    for (let operator = this.#take('*', '/', '%'); operator; operator = this.#take('*', '/', '%')) {
      const right = this.#signed()
      value = operator === '*' ? value * right : operator === '/' ? value / right : value % right
    }
    return value
  }

  #signed(): number {
    let sign = 1
    for (let operator = this.#take('+', '-'); operator; operator = this.#take('+', '-')) if (operator === '-') sign = -sign
    return sign * this.#power()
  }

  /** Binds tighter than a sign in front, and to the right: -2 ^ 2 is -4, 2 ^ 3 ^ 2 is 512. */
  #power(): number {
    const base = this.#value()
    return this.#take('^') ? base ** this.#signed() : base
  }

  #value(): number {
    const token = this.#tokens[this.#place++]
    if (typeof token === 'number') return token
    if (token === '(') return this.#closed(this.#sum())
    if (token === 'pi') return Math.PI
    const run = token === undefined ? undefined : functions[token]
    if (!run || !Object.hasOwn(functions, token ?? ''))
      throw new ExpressionFault(token === undefined ? 'It ends too early.' : `"${token}" is not known.`)
    if (!this.#take('(')) throw new ExpressionFault(`${token} wants its values in parentheses.`)
    const values = [this.#sum()]
    while (this.#take(',')) values.push(this.#sum())
    return this.#closed(run(values))
  }

  #closed(value: number): number {
    if (!this.#take(')')) throw new ExpressionFault('A parenthesis is not closed.')
    return value
  }

  #take(...operators: readonly string[]): string | undefined {
    const token = this.#tokens[this.#place]
    if (typeof token !== 'string' || !operators.includes(token)) return undefined
    this.#place++
    return token
  }
}
