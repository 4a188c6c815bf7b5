import { keyHeader } from '../key-block.ts'
import type { Span } from '../matches.ts'
import { isSecretValue } from './secret-values.ts'

/**
 * Keys, tokens and passwords: those of a known form wherever they stand; others where a name says what they are (`password=`,
 * `Authorization: Bearer`, user:password@ in a URL). Placeholders, variables and types are let through.
 */
export function* findCredentials(text: string, from: number): Generator<Span> {
  if (!mayHold.test(text)) return
  const blocks = [...text.matchAll(keyHeader)]
    .map((match): Span => ({ start: match.index, end: match.index + match[0].length, goesOn: 'key block' }))
    .filter(({ start }) => start >= from)
  yield* blocks
  for (const pattern of known) yield* whole(pattern, text, from)
  for (const pattern of named) for (const span of values(pattern, text, from)) yield* before(blocks, span)
}

/** Cheap, and true of every credential. */
const mayHold = /[_\-.:=]|AKIA|ASIA|AIza|(?:is|identified by|basic|bearer|token)\s/i

/** Tokens of services, by the beginnings that make them known; the longest runs go on past what is read. */
const known: readonly RegExp[] = [
  // Amazon Web Services: ids of access keys.
  /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g,
  // GitHub, GitLab, npm, PyPI, Hugging Face, Docker, DigitalOcean, Databricks, Atlassian, Linear, Postman.
  /(?<![\w-])(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,}|gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[\w-]{20,}|npm_[A-Za-z0-9]{36,}|pypi-[\w-]{40,}|hf_[A-Za-z0-9]{30,}|dckr_(?:pat|oat)_[\w-]{20,}|do[opr]_v1_[a-f0-9]{60,}|dapi[a-f0-9]{32}|AT(?:ATT|CTT|BB)[\w=-]{20,}|lin_api_\w{30,}|PMAK-[\w-]{30,})/g,
  // Slack, Discord, Telegram, Twilio, SendGrid, Mailgun, Mailchimp.
  /(?<![\w-])(?:xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{20,}|[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,}|\d{8,10}:AA[\w-]{32,}|SK[a-f0-9]{32}(?!\w)|SG\.[\w-]{16,}\.[\w-]{16,}|key-[a-f0-9]{32}(?!\w)|[a-f0-9]{32}-us\d{1,2}(?!\w))/g,
  /https:\/\/hooks\.slack\.com\/services\/[\w/]{20,}/g,
  // Stripe, Square, Shopify, PayPal.
  /(?<![\w-])(?:[srp]k_(?:live|test|prod)_\w{10,}|whsec_[\w+/=]{20,}|sq0(?:atp|csp)-[\w-]{20,}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32})/g,
  // Plinth: virtual keys.
  /(?<![A-Za-z0-9])plk_[a-z0-9-]{1,63}_[0-9a-f]{24}_[\w-]{16,}/g,
  // Google, and language models: OpenAI, Anthropic, Groq, xAI, Perplexity, Replicate, Cohere.
  /(?<![\w-])(?:AIza[\w-]{35}|GOCSPX-[\w-]{20,}|ya29\.[\w-]{20,}|sk-ant-[\w-]{20,}|sk-(?:proj|svcacct|admin|or-v1|lf)-[\w-]{20,}|sk-[A-Za-z0-9]{32,}|gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{40,}|pplx-[A-Za-z0-9]{40,}|r8_[A-Za-z0-9]{30,})/g,
  // Vault, Grafana, New Relic, Sentry, Tailscale, age.
  /(?<![\w-])(?:hv[sbr]\.[\w-]{20,}|glsa_\w{30,}|NRAK-[A-Z0-9]{27}|sntrys_[\w=+/]{30,}|tskey-[\w-]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{50,})/g,
  // JSON web tokens.
  /(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}(?:\.[\w-]*)?/g,
]

/** Where something before the value says what it is. The value is the group `value`. */
const named: readonly RegExp[] = [
  // user:password@ in a URL, both.
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/(?<value>[^\s/:@"'<>]{0,60}:[^\s/@"'<>]{1,100})@(?=[\w[.-])/dgi,
  // password = "value", "api_key": "value", SECRET_TOKEN=value.
  /(?<name>(?:passw(?:or)?d|passwort|passphrase|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|encryption[_-]?key|auth[_-]?key|signing[_-]?key|token|credentials?|contrase[ñn]a|mot de passe|senha)[\w.-]{0,24})["'\]]{0,2}\s{0,3}(?<joint>:=|=>|==?|:)\s{0,3}(?<quote>["'`]?)(?<value>(?<=["'`])[^"'`\n]{3,1100}|[^\s"'`,;&]{3,1100})/dgi,
  /(?<![\w-])--?(?<name>password|passwd|pwd|token|api-key|secret|secret-key)\s(?<joint>)(?<quote>["']?)(?<value>[^\s"']{3,200})/dgi,
  // Headers of HTTP.
  /\b(?:authorization|proxy-authorization|x-api-key|api-key|x-auth-token)["']?\s{0,2}[:=]\s{0,2}["']?(?:(?:bearer|basic|token|apikey|digest)\s{1,2})?(?<value>[\w.~+/=-]{12,})/dgi,
  /\bbearer\s{1,2}(?<value>(?=[\w.~+/-]{0,40}\d)[\w.~+/-]{20,}=*)/dgi,
  // Connection strings and statements.
  /\bidentified by\s{1,2}["'](?<value>[^"'\n]{3,100})/dgi,
  /\b(?:AccountKey|SharedAccessKey|sig)=(?<value>[\w+/%]{20,}={0,2})/dg,
  // The password is hunter2: only with something that words don't have.
  /\b(?:password|passphrase|passcode|passwort|pwd|api key|secret key|access key|token)(?:\s(?:for|of|to)\s[\w.@-]{1,40}){0,2}\s(?:is|was|are|to|=|ist|lautet|est|es)(?:\snow|\sset to)?\s{0,2}:?\s{0,2}["'“`]?(?<value>(?=[^\s"'”`]{0,40}[\d!@#$%^&*+=])(?=[^\s"'”`]{0,40}[A-Za-z])[^\s"'”`]{6,100})/dgi,
]

function* whole(pattern: RegExp, text: string, from: number): Generator<Span> {
  pattern.lastIndex = from
  for (const match of text.matchAll(pattern)) yield { start: match.index, end: match.index + match[0].length, goesOn: 'token' }
}

function* values(pattern: RegExp, text: string, from: number): Generator<Span> {
  for (const match of text.matchAll(pattern)) {
    const groups = match.groups ?? {}
    const [start] = match.indices?.groups?.value ?? [0, 0]
    const value = trimmed(groups.value ?? '')
    if (start < from || value === '') continue
    const beginning =
      groups.name === undefined ? undefined : /[\w.-]{0,40}$/.exec(text.slice(Math.max(0, match.index - 40), match.index))?.[0]
    const name = beginning === undefined ? undefined : beginning + groups.name
    if (isSecretValue({ name, joint: groups.joint, quote: groups.quote, value }))
      yield { start, end: start + value.length, goesOn: 'token' }
  }
}

/** What of a value stands before a private key: the key is read on in by itself. */
function* before(blocks: readonly Span[], value: Span): Generator<Span> {
  const block = blocks.find(({ start, end }) => start < value.end && value.start < end)
  if (block === undefined) yield value
  else if (block.start - value.start > 3) yield { start: value.start, end: block.start }
}

/** Without the punctuation of the sentence around it. */
function trimmed(value: string): string {
  return value.replace(/[.,;:!?)\]}>]{1,3}$/, (signs) => (/^[!?]/.test(signs) ? signs.replace(/[.,;:)\]}>]+$/, '') : ''))
}
