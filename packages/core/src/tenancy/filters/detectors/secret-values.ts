/** Parts of a match: what a value is called, what joins them, how it is quoted. */
interface NamedValue {
  readonly [group: string]: string | undefined
}

/** Whether what stands for a secret is one, and not a placeholder, a variable, a type, a call, or the next word of a sentence. */
export function isSecretValue({ name, joint = '', quote = '', value = '' }: NamedValue): boolean {
  if (placeholder.test(value) || reference.test(value)) return false
  if (name === undefined) return true
  if (publicName.test(name)) return false
  if (quote !== '') return value.length >= 4 && !(/\s/.test(value) && !/pass|pwd|contrase|senha|passwort|mot de/i.test(name))
  if (/[({[]/.test(value.slice(0, -1)) && /^[\w.]+[({[]/.test(value)) return false
  if (joint === ':' || joint === '') return hasSigns(value) && value.length >= 4
  return value.length >= 4 && (hasSigns(value) || value.length >= 6) && !/^(?:true|false|null|none|nil|undefined|string|str)\b/i.test(value)
}

/** Something that words of prose and names of types don't have. */
function hasSigns(value: string): boolean {
  return /\d/.test(value) || /[!@#$%^&*+=~|]/.test(value.slice(0, -1)) || /[a-z][A-Z].*[a-z][A-Z]/.test(value)
}

const placeholder =
  /^(?:[*•.xX_#-]{3,}|<[^>]*>?|\[[^\]]*\]?|\{\{.*|%\w*%?|\.{2,}|your[_-].*|my[_-]?(?:password|secret|token|key).*|(?:insert|replace|change|enter|put)[_-].*|(?:password|passwd|secret|token|string|str|text|hidden|redacted|none|null|nil|true|false|undefined|required|optional|bearer|basic|example|placeholder|todo|empty|default|varchar.*|char\(.*|int|bool(?:ean)?|object|any|field|input|optional\[.*)[)\]},;.]{0,3})$/i
const reference =
  /^(?:\$|@\w|process\.|os\.|env[.(\[]|getenv|config[.(\[]|settings\.|secrets?[.(\[]|vault|self\.|this\.|req(?:uest)?\.|args?\.|options?\.|var\.|data\.|params\.|ssm:|arn:|https?:|file:|\/|\.\/|~\/|new\s|await\s|\w+\()/i
/** Names that hold such a word and tell nothing secret. */
const publicName =
  /(?:max|min|num|count|total|input|output|prompt|completion|used|cached|per|budget)[_-]?tokens?|tokens?[_-]?(?:count|limit|usage|used|type|url|endpoint|uri|expiry|expires|ttl|length|name|id|per)|tokeni[sz]er|(?:secret|password|token|key|credentials?)[_-]?(?:name|id|arn|path|file|url|uri|length|policy|reset|hint|field|version|rotation|type|ref|manager|strength|expiry)|public[_-]?key|(?:csrf|pad|eos|bos|unk|sep|cls|mask)[_-]?token|secretary|tokens$|passwordless|forgot|key[_-]?ref/i
