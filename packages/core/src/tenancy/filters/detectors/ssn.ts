import type { Span } from '../matches.ts'
import { Hints, pattern } from './nearby-words.ts'

/**
 * Social security numbers of the United States, 3-2-4 digits. Areas 000, 666 and 900 to 999, group 00 and serial 0000 were never
 * given out. Joined by hyphens they stand alone; joined by blanks or dots, or unjoined, they need a word about it nearby.
 */
export function* findSsns(text: string, from: number): Generator<Span> {
  const hints = new Hints(text, ssnWords, otherWords)
  candidate.lastIndex = from
  for (const match of text.matchAll(candidate)) {
    if (match.index < from) continue
    const [value, area = '', joint = '', group = '', secondJoint = '', serial = ''] = match
    if (area === '000' || area === '666' || area >= '900' || group === '00' || serial === '0000') continue
    if (joint !== secondJoint || /(?<!ssn)[\p{L}]-$/iu.test(text.slice(Math.max(0, match.index - 5), match.index))) continue
    const start = match.index
    const end = start + value.length
    const hint = hints.before(start)
    const after = ssnAfter.test(text.slice(end, end + 30))
    if (hint === 'for' || (after && hint !== 'against') || (joint === '-' && hint === 'none' && text.charAt(start - 1) !== '#'))
      yield { start, end }
  }
}

const candidate: RegExp = pattern(
  String.raw`(?<!<inWord>|[$€£+]|\d[\-.\/])(\d{3})([\- .]| - |)(\d{2})([\- .]| - |)(\d{4})(?!<inWord>|[\-.\/]\d| ?[%€£$])`,
  'gv',
)
const ssnWords =
  /\bssns?\b|ssn[_ ]?(?:number|no)?\b|social[ _-]?sec(?:urity)?|\bsoc\.? ?sec|\bss ?(?:#|no\b|num)|\bss[#:]|\bsocial\b|taxpayer|\btin\b|\bitin\b|seguro social|\bw-?2\b|employee|applicant|patient|borrower|beneficiary|dependent|spouse/giu
const ssnAfter = /^[)"', ]{0,3}\(?(?:is |was )?(?:my |his |her |their |the )?(?:ssn|social)/i
const otherWords =
  /order|parts?\b|\bp\/n|sku|model|serial|\bs\/n|ticket|\bcase\b|invoice|tracking|phone|\btel\b|fax|catalog|\bcat\b|item|\bref|version|\bzip|isbn|batch|\blot\b|product|firmware|\bpo\b|docket|permit|\bcode\b|\bbin\b|asset|shipment|parcel|\bcas\b|registry|license|membership|library|voucher|coupon|booking|confirmation|drawing|extension|bestell|artikel|pedido|teile?\b|loyalty|locker|revision|build\b|ratio|score/giu
