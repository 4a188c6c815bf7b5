/** Parts of a match: what a value is called, what joins them, how it is quoted. */
interface NamedValue {
  readonly [group: string]: string | undefined
}

/** Whether what stands for a secret is one, and not a placeholder, a variable, a type, a call, or the next word of a sentence. */
export function isSecretValue({ name, joint = '', quote = '', value = '' }: NamedValue): boolean {
  if (value.length < 4 || placeholder.test(value) || reference.test(value)) return false
  if (name === undefined) return /\d/.test(value) || /[^\w.-]/.test(value) || value.length >= 32
  if (publicName.test(name)) return false
  const password = passwordName.test(name)
  if (quote !== '') return password ? !constant.test(value) : !/\s/.test(value) && (/\d/.test(value) || value.length >= 32)
  if (expression.test(value) || identifier.test(value))
    return password && joint === '=' && /^[a-z]{6,}$/.test(value) && !codeWord.test(value)
  return /\d/.test(value) || /[!@#$%^&*+=~|]/.test(value.slice(0, -1))
}

const passwordName = /pass(?:w|phrase)|pwd|contrase|senha|mot de/i
/** Names, perhaps of members; camel case and words with hyphens; what a secret could be only by bad luck. */
const identifier = /^[A-Za-z_$][A-Za-z_$-]*(?:[.?!]+[A-Za-z_$][\w$]*)*[)\]}]*$/
const expression = /=>|^[\w$.[\]?!]*[({[]|^[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][A-Za-z_$]*)+|\?\?|\$\{|&&|\|\|/
const constant = /^[A-Z]+(?:_[A-Z]+)+$/
const codeWord =
  /^(?:password|passwd|secret|token|value|string|undefined|process|require|function|return|props|params|options|config|default|required|request|result|response|input|email|username|encrypted|hashed|newpassword|oldpassword)$/

const placeholder =
  /^(?:[*•.xX_#-]{3,}|<[^>]*>?|\[[^\]]*\]?|\{\{.*|%\w*%?|\.{2,}|your[_-].*|my[_-]?(?:password|secret|token|key).*|(?:insert|replace|change|enter|put)[_-].*|(?:password|passwd|secret|token|string|str|text|hidden|redacted|none|null|nil|true|false|undefined|required|optional|bearer|basic|example|placeholder|todo|empty|default|varchar.*|char\(.*|int|bool(?:ean)?|object|any|field|input|optional\[.*)[)\]},;.]{0,3})$/i
const reference =
  /^(?:\$|@\w|process\.|os\.|env[.([]|getenv|config[.([]|settings\.|secrets?[.([]|vault|self\.|this\.|req(?:uest)?\.|args?\.|options?\.|var\.|data\.|params\.|ssm:|arn:|https?:|file:|\/|\.\/|~\/|new\s|await\s|\w+\()/i
/** Names that hold such a word and tell nothing secret. */
const publicName =
  /(?:max|min|num|count|total|input|output|prompt|completion|used|cached|per|budget)[_-]?tokens?|tokens?[_-]?(?:count|limit|usage|used|type|url|endpoint|uri|expiry|expires|ttl|length|name|id|per)|tokeni[sz]er|(?:secret|password|token|key|credentials?)[_-]?(?:name|id|arn|path|file|url|uri|length|policy|reset|hint|field|version|rotation|type|ref|manager|strength|expiry)|public[_-]?key|(?:csrf|pad|eos|bos|unk|sep|cls|mask)[_-]?token|secretary|secretsmanager|tokens$|passwordless|forgot|key[_-]?ref/i
