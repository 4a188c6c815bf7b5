import { callingCode } from './calling-codes.ts'
import type { DigitGroup } from './number-runs.ts'

/**
 * What groups of digits are by their form alone: a phone number; one unless something speaks against it; one only if something
 * speaks for it; an amount unless a word about phones stands directly before it; none.
 */
export type Shape = 'certain' | 'likely' | 'possible' | 'amount' | 'none'

export function shapeOf(plus: boolean, groups: readonly DigitGroup[]): Shape {
  const digits = groups.map((group) => group.digits).join('')
  if (digits.length < 7 || digits.length > 17 || /^(\d)\1*$/.test(digits)) return 'none'
  if (plus) return isInternational(digits, groups) ? 'certain' : /^0/.test(digits) || digits.length > 15 ? 'none' : 'likely'
  if (isDate(groups)) return 'none'
  const prefix = /^00(?=[1-9])|^011(?=[2-9])/.exec(digits)?.[0]
  if (prefix !== undefined && digits.length >= 10 && isInternational(digits.slice(prefix.length), groups))
    return groups.length > 1 ? 'likely' : 'possible'
  return nationalShape(digits, groups)
}

/** With a calling code, and as many digits behind it as its country has; a zero in brackets isn't dialled. */
function isInternational(digits: string, groups: readonly DigitGroup[]): boolean {
  const code = callingCode(digits)
  if (code === undefined) return false
  const zero =
    groups.some((group) => group.bracketed && /^0\d?$/.test(group.digits)) || digits.charAt(code.length) === '0' ? 1 : 0
  const national = digits.length - code.length
  return national - zero >= code.fewest - (zero > 0 ? 1 : 0) && national - zero <= code.most
}

function nationalShape(digits: string, groups: readonly DigitGroup[]): Shape {
  const sizes = groups.map((group) => group.digits.length).join('-')
  const joints = groups.slice(1).map((group) => group.joint.trim())
  const first = groups[0]
  if (first?.bracketed) return bracketedShape(digits, first.digits, sizes)
  if (northAmerican.test(sizes) && (digits.length === 10 || digits.startsWith('1')))
    return northAmericanShape(digits.slice(-10), joints)
  if (/^0[1-9]/.test(digits)) return trunkShape(digits, sizes, joints)
  if (/^1-3-(?:3-2-2|3-4|7)$/.test(sizes) && /^(?:[78][3-9]|80)/.test(digits)) return 'likely'
  if (/^1[3-9]/.test(digits) && (sizes === '3-4-4' || sizes === '3-8')) return 'likely'
  if (/^2-[45]-4$/.test(sizes) && joints[0] === '' && joints[1] === '-') return 'likely'
  if ((sizes === '5-5' && /^[6-9]/.test(digits)) || (sizes === '3-7' && digits.startsWith('3'))) return 'likely'
  if (/^(?:2-3-2-2|3-2-2-2|3-2-3)$/.test(sizes) && joints.every((joint) => joint === '')) return 'likely'
  if (sizes === '2-2-2-2' && joints.every((joint) => joint === '-')) return 'likely'
  if (sizes === '3-4')
    return digits.startsWith('555') && joints[0] === '-'
      ? 'likely'
      : joints[0] === '-' || joints[0] === '.' || joints[0] === ''
        ? 'possible'
        : 'none'
  if (joints.length > 0 && joints.every((joint) => joint === '') && /^[12](?:-3)+$/.test(sizes))
    return sizes.startsWith('1') ? 'none' : 'amount'
  const even = groups.every((group, index) => group.digits.length >= (index === 0 ? 1 : 2)) && digits.length <= 13
  return even && groups.length <= 6 ? 'possible' : 'none'
}

const northAmerican = /^(?:1-)?3-3-4$/

function northAmericanShape(digits: string, joints: readonly string[]): Shape {
  const usual = /^[2-9]\d\d[2-9]/.test(digits)
  if (joints.slice(-2).every((joint) => joint === '-')) return 'likely'
  if (/^[2-9]/.test(digits) && joints.slice(-2).every((joint) => joint === '.' || joint === '-' || joint === '/')) return 'likely'
  return usual || digits.startsWith('0') ? 'likely' : 'possible'
}

/** An area code in brackets, which isn't a year. */
function bracketedShape(digits: string, area: string, sizes: string): Shape {
  if (/^(?:19|20)\d\d$/.test(area) || area.length > 5 || digits.length > 13) return 'none'
  if (/^3-(?:3-4|7)$/.test(sizes)) return 'certain'
  if (area.length === 1) return area === '0' && digits.length >= 9 ? 'likely' : 'possible'
  return sizes.includes('-') && digits.length >= 8 ? 'likely' : 'possible'
}

/** With the zero that is dialled before an area code within a country. */
function trunkShape(digits: string, sizes: string, joints: readonly string[]): Shape {
  if (digits.length < 8 || digits.length > 13) return 'none'
  if (joints.length === 0) return /^(?:\d{10,11}|01[5-7]\d{9})$/.test(digits) && digits !== '0123456789' ? 'likely' : 'possible'
  if (digits.length < 9) return 'possible'
  const same = new Set(joints).size === 1
  if (/^2-2-2-2-2$/.test(sizes)) return same ? 'likely' : 'possible'
  if ((joints.length === 1 && (joints[0] === '.' || sizes === '5-4')) || /^2(?:-2){5,}$/.test(sizes)) return 'possible'
  return /^[2-6]-[2-8](?:-[1-8])*$/.test(sizes) ? 'likely' : 'possible'
}

/** Groups that begin as a day, month and year do, joined alike; years from and to. */
function isDate(groups: readonly DigitGroup[]): boolean {
  const [one, two, three, four] = groups
  if (one === undefined || two === undefined) return false
  const year = /^(?:19|20)\d\d$/
  if (groups.length === 2 && year.test(one.digits) && year.test(two.digits)) return true
  if (three === undefined || one.bracketed || two.joint.trim() !== three.joint.trim()) return false
  const [a, b, c] = [Number(one.digits), Number(two.digits), Number(three.digits)]
  if (year.test(one.digits)) return two.digits.length <= 2 && b >= 1 && b <= 12 && three.digits.length <= 2 && c >= 1 && c <= 31
  if (one.digits.length > 2 || two.digits.length > 2 || a < 1 || b < 1 || Math.max(a, b) > 31 || Math.min(a, b) > 12) return false
  return year.test(three.digits) || (three.digits.length === 2 && four !== undefined && four.joint.trim() !== three.joint.trim())
}
