/** Digits that stand together. */
export interface DigitGroup {
  readonly digits: string
  readonly end: number
  /** What stands between the group before and this one. */
  readonly joint: string
  readonly bracketed: boolean
}

/** Groups of digits that may be one number. */
export interface NumberRun {
  readonly start: number
  readonly plus: boolean
  readonly groups: readonly DigitGroup[]
}

const mostGroups = 9
const opening = /\+?\s?\(?\+?\s?(?=\d)/y
const group = /\d{1,19}/y
/** One sign or blank, a sign between blanks, or a bracket with a blank or sign beside it. */
const between = /(?:\s?[-/.·]\s?|[ ]{1,2}|)(?:[()]\s?|\)[-/.]|\)\s\(|)(?=\d)|\)\s?[-/.]\s?(?=\d)/y

/** Reads groups of digits from a place where a plus, a bracket or a digit stands. */
export function readRun(text: string, start: number): NumberRun {
  const lead = take(opening, text, start)
  const groups: DigitGroup[] = []
  let at = start + lead.length
  let joint = lead
  while (groups.length < mostGroups) {
    const digits = take(group, text, at)
    if (digits === '') break
    const bracketed = joint.endsWith('(') || /\(\+?\s?$/.test(joint)
    const end = at + digits.length
    if (bracketed && text.charAt(end) !== ')') break
    groups.push({ digits, end, joint, bracketed })
    joint = take(between, text, end)
    if (joint === '') break
    at = end + joint.length
  }
  return { start, plus: lead.includes('+'), groups }
}

/** What a sticky pattern finds at a place; empty without. */
export function take(sticky: RegExp, text: string, at: number): string {
  sticky.lastIndex = at
  return sticky.exec(text)?.[0] ?? ''
}
