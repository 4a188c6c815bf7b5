import { type AuditDetail, isCode } from './entry.ts'

/** A text of a detail holds so many characters, and a detail so many texts; one is left for how many names there were besides. */
const mostCharacters = 64
const mostTexts = 7

/** The names put together, `retention_days+windows`, in as many texts as they need: `fields`, `fields_2` and so on; `more` is how many don't fit. */
export function namesInDetail(names: readonly string[]): AuditDetail {
  const texts: string[] = []
  let more = 0
  for (const name of names) {
    const longer = texts.length === 0 ? name : `${texts.at(-1)}+${name}`
    if (!isCode(name)) more += 1
    else if (texts.length > 0 && longer.length <= mostCharacters) texts[texts.length - 1] = longer
    else if (texts.length < mostTexts) texts.push(name)
    else more += 1
  }
  const told = texts.map((text, index) => [index === 0 ? 'fields' : `fields_${index + 1}`, text] as const)
  return { ...Object.fromEntries(told), ...(more === 0 ? {} : { more }) }
}
