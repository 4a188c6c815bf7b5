/** A turn of phrase that attempts to take a model over have in common, and how much it says by itself: 1 is enough. */
export interface Signal {
  readonly name: string
  readonly weight: number
  /** Of lower-case text with single blanks. Every repetition in it is bounded. */
  readonly pattern: RegExp
  /** Beginnings of words of which the pattern needs one: quickly looked for, and missing in most passages. */
  readonly needs: RegExp
  /** Whether it may make a finding with others; what isn't so only adds to them. */
  readonly leads: boolean
  /** Whether it must stand where an order begins. */
  readonly order?: true
  /** What else in the passage says that it is about programs rather than to the model. */
  readonly unless?: RegExp
}

/** A few words that say little, between two that do. */
export const few: string = String.raw`(?:[^\s.!?]+ ){0,5}?`

/** What stands before an order, rather than before a clause about one. */
export const orderBegins: RegExp =
  /(?:^|[.!?:;,"'“”(>\]*#=|-] ?|\b(?:please|now|and|then|just|you|must|should|also|but|so|first|immediately|ok|okay|hi|hey|hello|actually|kindly|simply|completely|fully|you to|need to|have to|are to|is to|permission to|allowed to|free to|instead|therefore|finally|next|attention|important|assistant|ai|gpt|bitte|jetzt|und) )$/

export function signal(name: string, weight: number, needs: RegExp, ...sources: readonly string[]): Signal {
  return { name, weight, needs, leads: true, pattern: new RegExp(sources.join('|'), 'g') }
}

/** A signal only where an order begins. */
export function order(name: string, weight: number, needs: RegExp, ...sources: readonly string[]): Signal {
  return { ...signal(name, weight, needs, `\\b(?:${sources.join('|')})`), order: true }
}

/** A signal that harmless texts have as well: it only counts beside others. */
export function support(name: string, weight: number, needs: RegExp, ...sources: readonly string[]): Signal {
  return { ...signal(name, weight, needs, ...sources), leads: false }
}

/** A signal that hardly counts in a passage about writing programs. */
export function signalUnlessCode(name: string, weight: number, needs: RegExp, ...sources: readonly string[]): Signal {
  return { ...signal(name, weight, needs, ...sources), unless: code }
}

const code =
  /\b(?:python|java|javascript|typescript|arduino|c\+\+|c#|php|bash|html|react|sql|program|script|function|button|lcd|led|login (?:page|form|screen)|pop-?up|alert box|if the (?:password|user|pin|code)|when the (?:password|user|pin|code)|e-?mail|documentation|release notes|test cases?|checklist|manager)\b/iu
