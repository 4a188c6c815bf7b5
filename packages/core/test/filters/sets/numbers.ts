import type { Dice } from './sample.ts'

/** Appends the digit that makes the sum of ISO/IEC 7812-1 a multiple of ten. */
export function withCheckDigit(payload: string): string {
  let sum = 0
  const reversed = [...payload].reverse()
  for (const [index, digit] of reversed.entries()) {
    const value = Number(digit)
    const weighted = index % 2 === 0 ? value * 2 : value
    sum += Math.floor(weighted / 10) + (weighted % 10)
  }
  return payload + ((10 - (sum % 10)) % 10)
}

/** Another last digit, so that the sum doesn't hold. */
export function withWrongCheckDigit(number: string): string {
  return number.slice(0, -1) + ((Number(number.slice(-1)) + 1 + (Number(number.charAt(3)) % 8)) % 10)
}

/** The number in groups of these sizes. */
export function grouped(number: string, sizes: readonly number[], joint: string): string {
  let at = 0
  const groups: string[] = []
  for (const size of sizes) {
    if (at < number.length) groups.push(number.slice(at, at + size))
    at += size
  }
  if (at < number.length) groups.push(number.slice(at))
  return groups.join(joint)
}

/** A valid IBAN: account by the country's form (n digits, a letters, c either), check digits by ISO 7064. */
export function ibanOf(dice: Dice, country: string, form: string): string {
  const account = [...form.matchAll(/(\d+)([nac])/g)]
    .map(([, count, type]) =>
      Array.from({ length: Number(count) }, () =>
        type === 'n' || (type === 'c' && dice.next() < 0.7) ? String(dice.below(10)) : String.fromCharCode(65 + dice.below(26)),
      ).join(''),
    )
    .join('')
  const asNumber = [...`${account}${country}00`].map((sign) => Number.parseInt(sign, 36)).join('')
  const check = 98n - (BigInt(asNumber) % 97n)
  return `${country}${String(check).padStart(2, '0')}${account}`
}
