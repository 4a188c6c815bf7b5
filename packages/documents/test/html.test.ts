import { describe, expect, it } from 'vitest'
import { openReader, readFile, refusalOf } from './support/reader.ts'

const reader = openReader()
const read = (content: string | Uint8Array<ArrayBuffer>) => readFile(reader, 'text/html', content)

describe('text/html', () => {
  it('gives what a reader of the page sees, block by block [R25]', async () => {
    const { text, words } = await read(`<!doctype html><html><head><title>The  page</title><style>p { color: red }</style></head>
      <body><script>var secret = 1</script><h1>Pumps</h1><p>One <b>bo</b>ld &amp; <i>one</i><br>line.</p>
      <div hidden>unseen</div><p style="color:red; display: none">unseen</p><span aria-hidden="true">unseen</span>
      <h2>Types</h2><ul><li>Gear</li><li>Screw <ul><li>Twin</li></ul></li></ul>
      <pre>let a = 1
  let b = 2</pre><template>unseen</template><noscript>unseen</noscript></body></html>`)
    expect(text).toBe('Pumps\n\nOne bold & one\nline.\n\nTypes\n\nGear\n\nScrew\n\nTwin\n\nlet a = 1\n  let b = 2')
    expect(words).toEqual([
      '[The page > Pumps] Pumps\n\nOne bold & one\nline.',
      '[The page > Pumps > Types] Types\n\nGear\n\nScrew\n\nTwin\n\nlet a = 1\n  let b = 2',
    ])
  })

  it('gives tables a row a line, under their header row [R25]', async () => {
    const { text, words } =
      await read(`<h1>Ports</h1><table><caption>All of them</caption><thead><tr><th>Name</th><th>Port</th></tr></thead>
      <tbody><tr><td>web</td><td><p>80</p></td></tr><tr><td>mail</td><td><table><tr><td>25</td><td>587</td></tr></table></td></tr></tbody></table>
      <table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>`)
    expect(text).toBe('Ports\n\nAll of them\n\nName | Port\nweb | 80\nmail | 25 587\n\n1 | 2\n3 | 4')
    expect(words).toEqual([
      '[Ports] Ports\n\nAll of them',
      '[Ports\nName | Port] Name | Port\nweb | 80\nmail | 25 587',
      '[Ports] 1 | 2\n3 | 4',
    ])
  })

  it('reads the encoding that the page names, or browsers take', async () => {
    expect((await read(new Uint8Array(Buffer.from('<meta charset="iso-8859-1"><p>Gr\u00fc\u00dfe', 'latin1')))).text).toBe(
      'Grüße',
    )
    expect((await read(new Uint8Array(Buffer.from('<p>Gr\u00fc\u00dfe', 'latin1')))).text).toBe('Grüße')
    expect((await read('<p>Grüße')).text).toBe('Grüße')
  })

  it('reads long runs of white space as fast as anything else [X26]', async () => {
    const blank = ' '.repeat(1_000_000)
    expect((await read(`<pre>a${blank}b</pre>`)).text).toBe(`a${blank}b`)
    expect((await read(`a${'<img>'.repeat(500_000)}b`)).text).toBe('a b')
    expect((await read('<p>a <b> </b><br> <b> </b>b</p><pre>\n\n  c \n </pre>')).text).toBe('a\nb\n\n  c')
  })

  it('refuses a page without words, and one that is nested without end, at once [X26]', async () => {
    expect(await refusalOf(reader, 'text/html', '<html><script>1</script>')).toBe('document_empty')
    expect(await refusalOf(reader, 'text/html', '<div>'.repeat(1_000_000))).toBe('document_damaged')
    expect((await read(`${'<div>'.repeat(400)}deep${'</div>'.repeat(400)}`)).text).toBe('deep')
  })
})
