/** Whether a sentence speaks about a phrase rather than using it: it stands in a quotation, or after a question or a report. */
export function isMention(text: string, at: number, phrase: string): boolean {
  const before = text.slice(Math.max(0, at - 120), at + (/^["'“”(]/.test(phrase) ? 1 : 0))
  const sentence = Math.max(before.lastIndexOf('. '), before.lastIndexOf('! '), before.lastIndexOf('? '), before.lastIndexOf(';'))
  const clause = before.slice(sentence + 1)
  if (/["'“«(]\s?$/.test(clause) && quoting.test(clause)) return true
  return speaking.test(clause.slice(clause.lastIndexOf(',') + 1))
}

const quoting =
  /\b(?:phrase|string|text|sentence|prompts?|messages?|like|such as|e\.g\.|called|says?|saying|said|containing?|words?|attacks?|example|payload|input|titled|meaning|mean|is|does|of|that|about|for|with|term|pattern|regex|keyword|users?|title|song|book|flag|comment|error|docs?)\b/
const speaking =
  /\b(?:how (?:do|does|did|can|to|would|could|should|might|are|is|often)|what (?:is|are|does|do|happens|kind|makes)|what's|why (?:do|does|is|are|would|did|might|can|should)|explain|describe|define|definition|meaning|examples?|difference|detect\w*|prevent\w*|defend\w*|defense|mitigat\w*|protect\w*|classif\w*|recogni[sz]e|attackers?|attacks?|injections?|jailbreaks?|jailbreaking|adversar\w*|vulnerab\w*|the phrase|article|paper|blog|lecture|essay|research\w*|red.?team\w*|users? (?:who|try|tries|trying|might|may|can|could|from|to)|telling (?:an?|the)|tells (?:an?|the)|makes? (?:an?|the|it)|cause[sd]?|trick\w*|instruct\w* (?:an?|the|it)|attempts? to|tries to|trying to|asks? (?:an?|the|it|how)|allows? (?:an?|the)|lets (?:an?|the)|causing|whether|is it|can (?:an?|the)|could (?:an?|the)|does (?:an?|the|it)|translate|wrote|documentation|policy (?:on|about))\b/
