import { expect, it } from 'vitest'
import { printable, printableText } from '../src/printable.ts'

it('a name is one line of what can be seen', () => {
  expect(printable('a\u001b[2Jb\nc\u202ed\u200be')).toBe('a?[2Jb?c?d?e')
})

it('a text keeps its lines, and what its script needs, and steers nothing', () => {
  const plain = 'One\r\n\ttwo\nمی\u200cخواهم \u{1f469}\u200d\u{1f527} Kraft\u00adwerk'
  expect(printableText(plain)).toBe(plain.replace('\r', ''))
  expect(printableText('\u001b]0;title\u0007 \u009b2J \u0000 over\rwritten \u202eback\u202c \u2066in\u2069')).toBe(
    '?]0;title? ?2J ? overwritten ?back? ?in?',
  )
})
