import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openReader, readFile } from './support/reader.ts'

const reader = openReader({ chunkBudget: 64 })
const read = (content: string) => readFile(reader, 'text/markdown', content, 64)

const guide = `---
title: "The guide"
---

# Set up

Install **it**.

## Linux

- First \`one\`
- Second

| Name | Port |
|------|------|
| web  | 80   |
| mail | 25   |

\`\`\`sh
apt install it
# no heading
\`\`\`

## Windows
Nothing.
`

describe('text/markdown', () => {
  it('is the content as sent, under the headings and header rows that it stands under [R25]', async () => {
    const { text, words } = await read(guide)
    expect(text).toBe(guide)
    expect(words).toEqual([
      '[The guide] ---\ntitle: "The guide"\n---',
      '[The guide > Set up] # Set up\n\nInstall **it**.',
      '[The guide > Set up > Linux] ## Linux\n\n- First `one`\n- Second',
      '[The guide > Set up > Linux\nName | Port] | Name | Port |\n|------|------|\n| web  | 80   |\n| mail | 25   |',
      '[The guide > Set up > Linux] ```sh\napt install it\n# no heading\n```',
      '[The guide > Set up > Windows] ## Windows\nNothing.',
    ])
  })

  it('loses nothing of what is no Markdown', async () => {
    const marks = fc.constantFrom(
      '# ',
      '> ',
      '- ',
      '```\n',
      '|a|b|\n|-|-|\n',
      '\n\n',
      '***',
      '[x]: y\n',
      '<b',
      '    ',
      'é',
      '😀 ',
      'word. ',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(marks, { minLength: 1, maxLength: 60 }), async (all) => {
        const sent = `x${all.join('')}`
        expect((await read(sent)).text).toBe(sent)
      }),
      { numRuns: 60 },
    )
  })

  it('reads what is too long or too deep for the grammar by its lines', async () => {
    const section = `# Part\n\n${'Words of this part. '.repeat(400)}\n\n\`\`\`\n# code\n\`\`\`\n\n`
    const { contexts, words } = await read(section.repeat(260))
    expect(contexts).toEqual(['Part'])
    expect(words.at(-1)?.endsWith('\n\n```\n# code\n```')).toBe(true)
    const { text } = await read(`${'> '.repeat(20_000)}deep`)
    expect(text).toContain('deep')
  })
})
