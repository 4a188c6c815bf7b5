import type { Span } from '../matches.ts'

/**
 * E-mail addresses: any script, quoted names, dots written as [dot]. What has the same form and is no address isn't found:
 * targets of ssh and scp, users in URLs, message ids, names of files and packages with an @.
 */
export function* findEmails(text: string, from: number): Generator<Span> {
  at.lastIndex = from
  for (const match of text.matchAll(at)) {
    const nameStart = startOfName(text, match.index, from, match[0] === '%40')
    if (nameStart === undefined) continue
    domain.lastIndex = match.index + match[0].length
    const found = domain.exec(text)
    if (found === null) continue
    const name = text.slice(nameStart, match.index)
    const end = domain.lastIndex
    if (isAddress(text, nameStart, end, name, found[0])) yield { start: nameStart, end }
  }
}

const at = /@|%40|\s?(?:\[at\]|\(at\)|\{at\}|<at>)\s?/giu
/** Labels with dots between them. The last is of letters, of one script: in "a@b.com으로" the address ends before the Korean. */
const domain =
  /(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}])?(?:\.|\s?(?:\[dot\]|\(dot\)|\{dot\})\s?)){1,8}(?:xn--[a-z0-9-]{2,59}|[a-z]{2,24}(?![a-z0-9]|[-_][a-z0-9])|\p{Script=Han}{2,8}|(?:(?![a-z\p{Script=Han}\p{Script=Hiragana}\p{Script=Hangul}\p{Script=Thai}])[\p{L}\p{M}]){2,24}(?![\p{N}a-z])|\p{Script=Hangul}{2,8}|\p{Script=Thai}{2,12})/iuy
const nameCharacter = /^[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]$/u
/** Letters of scripts that are written without blanks, so that a name may stand directly after a word of the sentence. */
const unspaced = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]$/u

/** Goes back over a name of at most 64 characters. */
function startOfName(text: string, end: number, from: number, escaped: boolean): number | undefined {
  if (text.charAt(end - 1) === '"') return startOfQuoted(text, end, from)
  const spaced = !unspaced.test(characterBefore(text, end))
  let start = end
  while (start > from && end - start < 64) {
    const character = characterBefore(text, start)
    if (!nameCharacter.test(character) || (escaped && character === '%') || (spaced && unspaced.test(character))) break
    start -= character.length
  }
  // Signs that may stand in a name, but rather stand before one: key=name, dir/name, 'name.
  const name = text.slice(start, end)
  const lead = /^(?:.*[=/|&?])?[.!#$%'*+^`{}~-]*/su.exec(name)?.[0].length ?? 0
  return lead < name.length ? start + lead : undefined
}

function startOfQuoted(text: string, end: number, from: number): number | undefined {
  const open = text.lastIndexOf('"', end - 2)
  if (open < from || end - open > 66 || end - open < 3 || /[\n<>]/.test(text.slice(open, end))) return undefined
  return /[\p{L}\p{N}]$/u.test(characterBefore(text, open)) ? undefined : open
}

function characterBefore(text: string, index: number): string {
  const last = text.charCodeAt(index - 1)
  return last >= 0xdc00 && last <= 0xdfff ? text.slice(Math.max(0, index - 2), index) : text.charAt(index - 1)
}

function isAddress(text: string, start: number, end: number, name: string, host: string): boolean {
  if (/\.\.|\.$/.test(name) || !/[\p{L}\p{N}"]/u.test(name)) return false
  const before = text.slice(Math.max(0, start - 40), start)
  if (/[@\\]$/.test(before) || messageId.test(before) || shell.test(before)) return false
  // A user in a URL; not what stands in its path, parameters or fragment.
  if (/:\/\/[^\s"'<>/?#]*$/.test(before)) return false
  const path = /^:(?=[~/\p{L}])\S*/u.exec(text.slice(end, end + 60))?.[0]
  if (path !== undefined && (name === 'git' || /[/~]/.test(path))) return false
  if (/^[(@]/.test(text.slice(end, end + 1))) return false
  return !fileEndings.has(/[a-z]*$/i.exec(host)?.[0].toLowerCase() ?? '') && !/^\d+(?:\.\d+)?x\./i.test(host)
}

const messageId = /(?:message-id|in-reply-to|references|content-id|\bcid|msgid|message id)["']?\s{0,2}[:=]?\s{0,2}["']?<?$/i
const shell =
  /(?:^|[\s`$(;&|"'])(?:ssh|scp|sftp|rsync|mosh|ssh-copy-id|sshfs)(?:\s+-{1,2}[\w-]+(?:[ =][\w./~:-]+)?){0,4}\s+(?:[\w./~*-]+\s+){0,2}$/i
/** Endings of files, none of them a top-level domain in use for mail. */
const fileEndings = new Set(
  'png jpg jpeg gif svg webp bmp ico tif tiff psd css scss sass less html htm xhtml xml json jsonc yaml yml toml ini conf cfg txt log pdf doc docx xls xlsx ppt pptx csv tsv gz tgz tar bz2 xz rar jar war exe dll bin iso img dmg deb rpm mp3 mp4 wav avi mkv js jsx mjs cjs ts tsx java class cpp hpp kt sql lock map vue svelte ipynb bak tmp env'.split(
    ' ',
  ),
)
