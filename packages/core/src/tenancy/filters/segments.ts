import { fold } from './fold.ts'

/** The most characters of a segment, and with that about the most that a stream holds back for values. */
export const segmentLimit = 1024
/** What is left of a segment that is cut by force: room for any value that begins before. */
export const segmentReserve = 512
/** The fewest characters of a segment that isn't plain: it is read with what stands before it, which should not be much more. */
const segmentLeast = 32

/**
 * Cuts a growing text into segments that no value crosses. A segment ends after a plain word (letters only) that isn't within
 * three words after something else, after a sentence, or after a line that ends in punctuation. So prose flows word by word, and
 * what has digits or signs waits for what follows it. Whether there is an end depends on the characters up to the one after
 * it, and on nothing else: that is why a stream and a whole text are cut alike.
 */
export class SegmentEnds {
  /** Whether the current segment is plain words only, in which no value can be. */
  plain = true
  #start = 0
  #at = 0
  #token = -1
  #last = -1
  #words = 0
  #ended = false
  #marker = false
  #dashes = false
  #quote = ''
  #secret = false

  /** Begins a segment at this place. */
  begin(at: number): void {
    this.plain = true
    this.#start = at
    this.#at = at
    this.#token = -1
    this.#last = at
    this.#words = 0
    this.#ended = false
    this.#marker = false
    this.#dashes = false
    this.#quote = ''
    this.#secret = false
  }

  /** The end of the current segment, at `limit` at the latest; undefined if it isn't to be seen yet. */
  find(text: string, limit: number): number | undefined {
    const to = Math.min(text.length, limit)
    while (this.#at < to) {
      const at = this.#at++
      const code = text.charCodeAt(at)
      if (isSpace(code)) {
        if (this.#token >= 0) this.#endToken(text, at)
        if (code === 10 && this.#mayEnd(at) && this.#last > this.#start && lineEnds.includes(text.charAt(this.#last - 1)))
          return at
        continue
      }
      if (this.#token < 0) {
        this.#token = at
        if (this.#ended && !attaches.includes(text.charAt(at))) return this.#last
      }
      if (code >= 0x3001 && this.#mayEnd(at + 1) && clauseEnds.includes(text.charAt(at))) {
        if (!plainWord.test(text.slice(this.#token, at + 1))) this.plain = false
        return at + 1
      }
    }
    return undefined
  }

  /** That many characters before all that is looked at are gone. */
  moved(by: number): void {
    this.#start -= by
    this.#at -= by
    this.#last -= by
    if (this.#token >= 0) this.#token -= by
  }

  /** Looks at what is left at the end of the text. */
  finish(text: string): void {
    if (this.#token >= 0) this.#endToken(text, text.length)
  }

  #endToken(text: string, at: number): void {
    const token = text.slice(this.#token, at)
    this.#token = -1
    this.#last = at
    this.#markAt(fold(token).text)
    const secretBefore = this.#secret
    this.#secret = secretKey.test(token.slice(-64))
    if (this.#quote === '' && secretBefore && /^["']/.test(token) && !/.["'][,;.]?$/.test(token)) this.#quote = token.charAt(0)
    else if (this.#quote !== '' && token.includes(this.#quote)) this.#quote = ''
    if (plainWord.test(token)) this.#words++
    else {
      this.#words = 0
      this.plain = false
    }
    this.#ended = this.#mayEnd(at) && (this.plain || this.#words >= 3 || (sentenceEnd.test(token) && !extension.test(token)))
  }

  /** The mark at the beginning of a key has blanks in it, and isn't cut. */
  #markAt(token: string): void {
    const dashes = token.lastIndexOf('----')
    if (dashes >= 0) this.#marker = /BEGIN/i.test(token.slice(dashes))
    else if (this.#dashes && /^BEGIN$/i.test(token)) this.#marker = true
    this.#dashes = dashes >= 0 && token.endsWith('-')
  }

  #mayEnd(at: number): boolean {
    return !this.#marker && this.#quote === '' && (this.plain || at - this.#start >= segmentLeast)
  }
}

const lineEnds = ',;{}[]().!?:>"\'`|'
const attaches = '[({@'
const clauseEnds = '。、！？；，」』'
const sentenceEnd = /[!?;]["')\]]?$|[^.]\.["')\]]?$/
const extension = /^(?:x|ext|extn|poste|durchwahl|dw)[.:]?$/i
const secretKey = /(?:pass|pwd|secret|token|key|credential)\w*["']?[:=]+$|^(?:=|:|:=|=>)$/i
/** Letters, with the signs that stand within and around words of prose. No digit of any script, and nothing that joins values. */
const plainWord =
  /^["'([{*`“‘«„¿¡]{0,3}(?!(?:x|ext|extn|poste|durchwahl|dw)[.:]?$|(?<=[[({])(?:at|dot)[\])}])(?:\p{L}|\p{M}|\p{So}|['’\-–—](?=\p{L})|[―…。、！？；，「」『』])+["')\]}*`”’»]{0,3}[.,;!?…]{0,3}["')\]}*`”’»]{0,2}$|^[–—\-&*•]$/iu

function isSpace(code: number): boolean {
  return (
    code === 32 ||
    (code >= 9 && code <= 13) ||
    code === 0xa0 ||
    code === 0x3000 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x202f
  )
}
